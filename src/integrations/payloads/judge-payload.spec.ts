import { MAX_FOUND } from '../mapping/mapped-text.js';
import { type ListenerValues, rulesOf } from '../store-listener.js';
import { type Judgement, judgePayload } from './judge-payload.js';

const PHONE = '+201001234567';

/** What a listener with these rules makes of a payload. */
const judged = (payload: object, rules: Partial<ListenerValues> = {}): Judgement =>
  judgePayload(
    rulesOf({
      kind: 'generic',
      name: 'n',
      template_name: 't',
      language: 'en',
      mapping: { phone: '$.phone', field_1: '$.text' },
      conditions: [],
      once_per: null,
      default_country: null,
      delay_minutes: 0,
      enabled: true,
      ...rules,
    }),
    payload,
  );

describe('what is found in a payload', () => {
  it(`may have ${MAX_FOUND} characters, not one more`, () => {
    const longest = 'x'.repeat(MAX_FOUND);
    const { fields, faults } = judged({ phone: PHONE, text: longest });
    expect([fields.field_1, faults]).toEqual([longest, {}]);
    expect(judged({ phone: PHONE, text: `${longest}x` })).toMatchObject({
      mapped: [{ field: 'phone' }, { field: 'field_1', value: null }],
      faults: { field_1: ['field_1 finds more than 10000 characters.'] },
    });
  });

  it('may have them in all: several paths of a text count together', () => {
    const mapping = { phone: '$.phone', field_1: '${$.a}${$.b}' };
    const half = 'x'.repeat(MAX_FOUND / 2);
    expect(judged({ phone: PHONE, a: half, b: half }, { mapping }).faults).toEqual({});
    expect(judged({ phone: PHONE, a: half, b: `${half}x` }, { mapping }).faults).toHaveProperty('field_1');
  });

  // Were it looked at more than once from each of its characters, these would take hours.
  it.each([
    ['letters', 'x'],
    ['white space', ' \n\t'],
    ['white space and letters', ' x '],
    ['digits', '0'],
    ['paths', '${$.text}'],
    ['NUL', '\0'],
  ])('may have megabytes of %s, of which nothing is repeated', (_, characters) => {
    const text = characters.repeat(5_000_000 / characters.length);
    const mapping = {
      phone: '$.text',
      field_1: ['$.text', 'a'],
      template_name: '$.text',
      header_image_url: '$.text',
      'contact.email': '$.text',
    };
    const rules = { mapping, once_per: '$.text', default_country: '$.text' };
    expect(JSON.stringify(judged({ text }, rules)).length).toBeLessThan(2000);
  });

  it('is left out where it is too much for the contact; the message goes', () => {
    const mapping = { phone: '$.phone', 'contact.firstname': '$.text' };
    expect(judged({ phone: PHONE, text: 'x'.repeat(MAX_FOUND + 1) }, { mapping })).toMatchObject({
      faults: {},
      contactFaults: { 'contact.firstname': ['contact.firstname finds more than 10000 characters.'] },
      contact: {},
    });
  });

  it('is no once_per when it is too long', () => {
    const rules = { once_per: '$.text' };
    expect(judged({ phone: PHONE, text: 'x'.repeat(MAX_FOUND) }, rules).once).toHaveLength(MAX_FOUND);
    expect(judged({ phone: PHONE, text: 'x'.repeat(MAX_FOUND + 1) }, rules)).toMatchObject({
      once: null,
      faults: { once_per: ['once_per finds more than 10000 characters.'] },
    });
  });
});

describe('the country of a phone', () => {
  const phoneIn = (payload: object, default_country: ListenerValues['default_country']): string | null =>
    judged({ phone: '01001234567', ...payload }, { default_country }).phone;

  it('is the first that is found', () => {
    const rules = ['$.shipping', '$.billing', 'EG'];
    expect(phoneIn({ shipping: 'eg', billing: 'US' }, rules)).toBe('201001234567');
    expect(phoneIn({ shipping: '', billing: 'EG' }, rules)).toBe('201001234567');
    expect(phoneIn({}, rules)).toBe('201001234567');
    expect(phoneIn({ billing: 'EG' }, '$.billing')).toBe('201001234567');
    expect(phoneIn({}, '$.billing')).toBeNull();
  });

  it.each(['XX', '\0', '\ud800', 'x'.repeat(5_000_000), 'Egypt'])('is not repeated when it is none', (country) => {
    const { faults } = judged({ phone: '01001234567', country }, { default_country: '$.country' });
    expect(faults).toEqual({
      phone: [
        'The phone that the mapping finds is no phone number: it must be a possible phone number with its country code.',
      ],
    });
  });

  it('is named when it is one', () => {
    expect(judged({ phone: 'none' }, { default_country: 'EG' }).faults).toEqual({
      phone: [
        'The phone that the mapping finds is no phone number of EG: it may only hold digits, +, -, spaces and parentheses.',
      ],
    });
  });
});
