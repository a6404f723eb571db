import { describe, expect, it } from '@jest/globals';
import { countryCodeOf } from './country-code.js';

describe('countryCodeOf', () => {
  it.each([
    ['15558050100', '1'],
    ['79161234567', '7'],
    ['201001234567', '20'],
    ['4915112345678', '49'],
    ['966501234567', '966'],
    ['971501234567', '971'],
    ['353851234567', '353'],
    ['2126123456', '212'],
  ])('%s → %s', (digits, code) => {
    expect(countryCodeOf(digits)).toBe(code);
  });

  it.each(['0123456789', '123456', '1234567890123456', ''])('refuses %j', (digits) => {
    expect(() => countryCodeOf(digits)).toThrow(RangeError);
  });
});
