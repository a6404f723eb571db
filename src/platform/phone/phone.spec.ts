import fc from 'fast-check';
import { parsePhone } from './phone.js';

const SEPARATORS = ['', ' ', '-', '(', ')'];

/** A possible number: a country's calling code with as many national digits as that country has. */
const egyptian = fc.stringMatching(/^[1-9]\d{9}$/).map((national) => `20${national}`);

describe('a phone number', () => {
  it.each([
    ['+201001234567', '201001234567'],
    ['201001234567', '201001234567'],
    ['00201001234567', '201001234567'],
    ['+20 (100) 123-4567', '201001234567'],
    ['(+20) 100 1234567', '201001234567'],
    ['+44 (0)20 7946 0000', '442079460000'],
    // A range that no list has yet: only the length is asked for.
    ['+12000000000', '12000000000'],
    ['+80012345678', '80012345678'],
  ])('%s is read as %s', (text, digits) => {
    expect(parsePhone(text)).toEqual({ digits });
  });

  it.each([
    ['', 'must be a phone number with its country code'],
    ['   ', 'must be a phone number with its country code'],
    ['+', 'must be a phone number with its country code'],
    ['20+1001234567', 'must be a phone number with its country code'],
    ['++201001234567', 'must be a phone number with its country code'],
    ['+2010', 'must be a possible phone number with its country code'],
    ['+2010012345678901', 'must be a possible phone number with its country code'],
    ['+999123456789', 'must be a possible phone number with its country code'],
    ['0100123456', 'must be a possible phone number with its country code'],
    ['+20100123456x', 'may only hold digits, +, -, spaces and parentheses'],
    ['+20.100.1234567', 'may only hold digits, +, -, spaces and parentheses'],
    ['+20100\t1234567', 'may only hold digits, +, -, spaces and parentheses'],
    ['\u0662\u0660100123456', 'may only hold digits, +, -, spaces and parentheses'],
  ])('%j is refused: %s', (text, error) => {
    expect(parsePhone(text)).toEqual({ error });
  });

  it('may have 20 characters as written, not 21', () => {
    const twenty = '+20 (100)  123-45-67';
    expect(twenty).toHaveLength(20);
    expect(parsePhone(twenty)).toEqual({ digits: '201001234567' });
    expect(parsePhone(`${twenty} `)).toEqual({ error: 'must not be longer than 20 characters' });
  });

  it('is the same however it is written', () => {
    fc.assert(
      fc.property(
        egyptian,
        fc.constantFrom('', '+', '00'),
        fc.array(fc.constantFrom(...SEPARATORS), { minLength: 6, maxLength: 6 }),
        (digits, prefix, separators) => {
          const written = prefix + [...digits].map((digit, index) => digit + (separators[index] ?? '')).join('');
          expect(parsePhone(written)).toEqual({ digits });
        },
      ),
    );
  });

  it('is digits only, at most 17, and read again as itself', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\+[1-9]\d{6,16}$/), (text) => {
        const phone = parsePhone(text);
        fc.pre('digits' in phone);
        expect(phone.digits).toMatch(/^[1-9]\d{0,16}$/);
        expect(parsePhone(phone.digits)).toEqual(phone);
      }),
      { numRuns: 2000 },
    );
  });

  it('is read or refused, whatever the text; nothing throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'+-() 0123456789') })), (text) => {
        const phone = parsePhone(text);
        expect('digits' in phone || phone.error.length > 0).toBe(true);
      }),
    );
  });
});
