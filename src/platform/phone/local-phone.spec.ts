import fc from 'fast-check';
import { isPhoneCountry, parseLocalPhone } from './local-phone.js';
import { parsePhone } from './phone.js';

describe("a customer's phone number", () => {
  it.each([
    ['01001234567', 'EG', '201001234567'],
    ['1001234567', 'EG', '201001234567'],
    ['201001234567', 'EG', '201001234567'],
    ['+201001234567', 'DE', '201001234567'],
    ['00201001234567', 'DE', '201001234567'],
    ['0100 123-45.67', 'EG', '201001234567'],
    ['\u0660\u0661\u0660\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667', 'EG', '201001234567'],
    ['\u202a01001234567\u202c', 'EG', '201001234567'],
    ['(555) 555-5555', 'US', '15555555555'],
    ['555-555-SHIP', 'US', '15555557447'],
    ['030/1234 5678', 'DE', '493012345678'],
    ['0501234567', 'SA', '966501234567'],
    ['201001234567', undefined, '201001234567'],
    ['201001234567', 'XX', '201001234567'],
  ])('%j in %s is %s', (written, country, digits) => {
    expect(parseLocalPhone(written, country)).toEqual({ digits });
  });

  it.each([
    ['01001234567', undefined],
    ['', 'EG'],
    ['call me', 'EG'],
    ['CALLME', 'EG'],
    ['0100 123 4567 work', 'EG'],
    ['12', 'EG'],
    ['+', 'EG'],
    [`0100 123 4567${' '.repeat(40)}`, 'EG'],
  ])('%j in %s is none', (written, country) => {
    expect(parseLocalPhone(written, country)).toEqual({ error: expect.any(String) as unknown });
  });

  it('with a country code is what it is everywhere', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^\+[1-9]\d{6,14}$/),
        fc.constantFrom('EG', 'US', 'DE', 'SA', undefined),
        (text, country) => {
          const phone = parsePhone(text);
          fc.pre('digits' in phone);
          expect(parseLocalPhone(text, country)).toEqual(phone);
        },
      ),
    );
  });

  it('is read or refused, whatever it is; nothing throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('EG', 'US', undefined), (text, country) => {
        const phone = parseLocalPhone(text, country);
        expect('digits' in phone ? /^\d+$/.test(phone.digits) : phone.error.length > 0).toBe(true);
      }),
    );
  });
});

describe('isPhoneCountry', () => {
  it('knows countries by their two capital letters', () => {
    expect(['EG', 'US', 'SA'].every(isPhoneCountry)).toBe(true);
    expect(['eg', 'EGY', 'XX', '', 'toString', '__proto__'].some(isPhoneCountry)).toBe(false);
  });
});
