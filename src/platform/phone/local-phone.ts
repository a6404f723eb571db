import parsePhoneNumber, { type CountryCode, getCountries } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/metadata.min';
import { type ParsedPhone, parsePhone } from './phone.js';

/** Longest phone number that people may have written somewhere else: with words and marks around it. */
const MAX_WRITTEN = 50;

/** Whether libphonenumber knows how people of this country (ISO 3166-1, two capital letters) write their numbers. */
export const isPhoneCountry = (country: string): country is CountryCode => COUNTRIES.has(country);

const COUNTRIES: ReadonlySet<string> = new Set(getCountries(metadata));

/**
 * Reads a number as people write it into a form of a shop: with a country code behind `+` or `00`, else as it is dialled
 * within `country` (ISO 3166-1, two letters), else with a country code after all. Dots, slashes and digits of other
 * scripts are taken, too. Answers the same digits as {@link parsePhone}.
 */
export function parseLocalPhone(written: string, country: string | undefined): ParsedPhone {
  if (written.length > MAX_WRITTEN) return { error: `must not be longer than ${MAX_WRITTEN} characters` };
  const text = plain(written);
  if (!/^(\+|00)/.test(text) && country !== undefined && isPhoneCountry(country)) {
    const local = parsePhoneNumber(text, { defaultCountry: country, extract: false }, metadata);
    if (local?.isPossible() && local.country !== undefined) return parsePhone(local.number);
  }
  return parsePhone(text);
}

/** Letters of a telephone's keys (ITU-T E.161), from A on. */
const KEYS = '22233344455566677778889999';

/** A number that ends with a word, as some are advertised: `555-555-SHIP`. */
const ENDS_WITH_WORD = /^\+?\d{3,}[A-Z]{3,8}$/;

/** Digits of any script, and words of keys, as ASCII digits; no dots, slashes, other dashes and spaces, or invisible marks of writing direction. */
function plain(written: string): string {
  const text = written
    .normalize('NFKC')
    .replaceAll(/\p{Nd}/gu, decimal)
    .replaceAll(/[\s./()\p{Pd}\p{Cf}]+/gu, '');
  if (!ENDS_WITH_WORD.test(text)) return text;
  return text.replaceAll(/[A-Z]/g, (letter) => KEYS[letter.charCodeAt(0) - 'A'.charCodeAt(0)] ?? letter);
}

/** A decimal digit's value: those of a script follow each other from a zero whose code point ends with 0 or 6. */
function decimal(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String(code - zero);
}
