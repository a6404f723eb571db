import type { ReportedError } from './items.js';
import { record, text } from './json.js';

/** An error object of a webhook; null when it has no code. */
export function parseError(value: unknown): ReportedError | null {
  const error = record(value);
  // Codes are at most seven digits; more than an integer column holds is none.
  if (!error || typeof error.code !== 'number' || !Number.isInteger(error.code)) return null;
  if (error.code < 0 || error.code > 0x7fffffff) return null;
  const message = text(error.message);
  return {
    code: error.code,
    title: text(error.title) ?? message ?? 'WhatsApp error',
    details: text(record(error.error_data)?.details) ?? message,
  };
}
