import { hash } from 'node:crypto';
import { validationError } from '../http/api-error.js';
import { codePoints } from '../http/validation/code-points.js';

/** Name of the request header, as Node writes it. */
export const IDEMPOTENCY_KEY = 'idempotency-key';

const MAX_KEY = 255;

/**
 * SHA-256 of an `Idempotency-Key`: keys may hold what is nobody's business (order numbers, phones), and need not be
 * stored to be recognised.
 * @throws ApiError 422 unless the key has 1 to 255 characters
 */
export function keyHashOf(header: string | string[]): Buffer {
  // Node reads headers as Latin-1, one character per byte.
  const bytes = Buffer.from([header].flat().join(', '), 'latin1');
  const length = codePoints(bytes.toString('utf8'));
  if (length < 1 || length > MAX_KEY) {
    throw validationError({ 'Idempotency-Key': [`The Idempotency-Key header must have 1 to ${MAX_KEY} characters.`] });
  }
  return hash('sha256', bytes, 'buffer');
}
