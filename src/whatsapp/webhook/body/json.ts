/** Readers for JSON that somebody else wrote: each answers what it found, or null; none throws. */

export type JsonRecord = Record<string, unknown>;

export function record(value: unknown): JsonRecord | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : null;
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Characters that Postgres cannot store in text or jsonb: NUL and halves of surrogate pairs. */
const NOT_STORABLE = /[\0\p{Surrogate}]/gu;

/** Text that Postgres can store; what it cannot becomes U+FFFD. */
export function storable(text: string): string {
  return text.replace(NOT_STORABLE, '\uFFFD');
}

/** A text with something in it. */
export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? storable(value) : null;
}

/** An id of WhatsApp's: opaque, but never empty, longer than `maxLength` or with control characters or spaces. */
export function id(value: unknown, maxLength: number): string | null {
  // Some ids (templates) come as JSON numbers.
  const written = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof written !== 'string' || written.length === 0 || written.length > maxLength) return null;
  return /^[\x21-\x7e]+$/.test(written) ? written : null;
}

/** A phone number as digits, country code first; null when it cannot be one. */
export function phoneDigits(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const digits = value.replace(/^\+/, '');
  return /^\d{4,20}$/.test(digits) ? digits : null;
}

/** A time in Unix seconds (WhatsApp writes them as text); null when it is none. */
export function unixSeconds(value: unknown): Date | null {
  const written = typeof value === 'number' ? String(value) : value;
  if (typeof written !== 'string' || !/^\d{1,11}$/.test(written)) return null;
  return new Date(Number(written) * 1000);
}

function storableValue(value: unknown): unknown {
  if (typeof value === 'string') return storable(value);
  if (Array.isArray(value)) return value.map(storableValue);
  const fields = record(value);
  return fields
    ? Object.fromEntries(Object.entries(fields).map(([name, field]) => [storable(name), storableValue(field)]))
    : value;
}

/**
 * A parsed value as JSON text that Postgres takes as jsonb.
 * @throws RangeError when it is nested thousands deep
 */
export function jsonbText(value: unknown): string {
  const written = JSON.stringify(value);
  // JSON.stringify writes NUL and lone surrogates as escapes; anything else of that kind is rare enough to walk.
  return /\\u(?:0000|d[89a-f])/.test(written) ? JSON.stringify(storableValue(value)) : written;
}
