import parsePhoneNumber from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/metadata.min';
import { LRUCache } from 'lru-cache';

/** Longest phone number as written, separators included. */
export const PHONE_MAX_WRITTEN = 20;

/** What a caller wrote, read: either the number's digits (country code first, no `+`), or why it is no number. */
export type ParsedPhone = { readonly digits: string } | { readonly error: string };

const ALLOWED = /^[\d+\- ()]*$/;

/** A field is read to be transformed and again to be checked, and a conversation's number comes again and again. */
const READ_LATELY = new LRUCache<string, ParsedPhone>({ max: 2000 });

/**
 * Reads a phone number as CONTRACT.md has it: digits, `+`, `-`, spaces and parentheses, at most 20 characters as
 * written; a leading `00` means `+`; digits alone are an international number. The number must be possible for its
 * country (right length), not listed as assigned, so that new ranges work. Reading the digits again gives the same.
 */
export function parsePhone(text: string): ParsedPhone {
  if (text.length > PHONE_MAX_WRITTEN) return { error: `must not be longer than ${PHONE_MAX_WRITTEN} characters` };
  const known = READ_LATELY.get(text);
  if (known) return known;
  const phone = read(text);
  READ_LATELY.set(text, phone);
  return phone;
}

function read(text: string): ParsedPhone {
  if (!ALLOWED.test(text)) return { error: 'may only hold digits, +, -, spaces and parentheses' };
  const compact = text.replace(/[- ()]/g, '');
  const international = /^(?:\+|00)?(\d+)$/.exec(compact)?.[1];
  if (international === undefined) return { error: 'must be a phone number with its country code' };
  const digits = canonical(international);
  return digits === undefined ? { error: 'must be a possible phone number with its country code' } : { digits };
}

/**
 * The digits without what is only dialled within the country (the 0 in `+44 (0)20`); undefined when not a possible
 * number. Where a country's trunk prefix was written several times it is taken off until nothing changes, so that one
 * number has one form.
 */
function canonical(written: string): string | undefined {
  let digits = written;
  for (;;) {
    const number = parsePhoneNumber(`+${digits}`, metadata);
    if (!number?.isPossible()) return undefined;
    const shorter = number.number.slice(1);
    // Only a shorter form is read again, so this ends.
    if (shorter.length >= digits.length) return shorter;
    digits = shorter;
  }
}
