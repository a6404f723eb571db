/** ITU-T E.164 annex: the country codes of one and two digits; every other country code has three. */
const SHORT_CODES = new Set(
  (
    '1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 ' +
    '81 82 84 86 90 91 92 93 94 95 98'
  ).split(' '),
);

/**
 * The country code of an international number.
 * @param digits The number without `+`.
 * @throws RangeError when it cannot be an international number.
 */
export function countryCodeOf(digits: string): string {
  if (!/^[1-9]\d{6,14}$/.test(digits)) throw new RangeError(`not an international phone number: ${digits}`);
  for (const length of [1, 2]) {
    const code = digits.slice(0, length);
    if (SHORT_CODES.has(code)) return code;
  }
  return digits.slice(0, 3);
}
