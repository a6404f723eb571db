import fc from 'fast-check';
import { fillMergeFields, hasMergeFields } from './merge-fields.js';

const mona = { firstname: 'Mona', lastname: 'Ali', email: 'mona@example.com', phone: '201000000000' };

describe('merge fields', () => {
  it('fills each of the four fields, as often as it stands there', () => {
    expect(
      fillMergeFields(
        '@{contact_first_name} @{contact_last_name} @{contact_email} @{contact_phone} @{contact_phone}',
        mona,
      ),
    ).toBe('Mona Ali mona@example.com 201000000000 201000000000');
  });

  it('makes an empty field an empty string', () => {
    expect(fillMergeFields('[@{contact_email}]', { ...mona, email: null })).toBe('[]');
  });

  it.each([
    '@{contact_age}',
    '@{constructor}',
    '@{__proto__}',
    '@{ contact_email }',
    '@{}',
    '{contact_email}',
    '@contact_email',
  ])('leaves %s as it is', (token) => {
    expect(fillMergeFields(token, mona)).toBe(token);
    expect(hasMergeFields(token)).toBe(false);
  });

  it('does not parse again what it filled in', () => {
    const tricky = { ...mona, firstname: '@{contact_email}', lastname: '$& $1' };
    expect(fillMergeFields('@{contact_first_name}|@{contact_last_name}', tricky)).toBe('@{contact_email}|$& $1');
  });

  it('leaves any text without a token untouched', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!hasMergeFields(text));
        expect(fillMergeFields(text, mona)).toBe(text);
      }),
    );
  });
});
