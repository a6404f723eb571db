import type { ByteRange } from '../storage/media-store.js';

/** One range of a `Range` header: first-last, first-, or -suffix length (RFC 9110, 14.1.2). */
const ONE_RANGE = /^bytes=\s*(?:([0-9]{1,15})-([0-9]{1,15})?|-([0-9]{1,15}))\s*$/i;

/**
 * What a `Range` header asks of a file (RFC 9110, 14.2). A header that is malformed, of another unit, or that names
 * several ranges is ignored (`whole`), as the RFC allows; `unsatisfiable` is answered 416.
 */
export function readRange(header: string | undefined, sizeBytes: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = header === undefined ? null : ONE_RANGE.exec(header);
  if (!match) return 'whole';
  const [, first, last, suffix] = match;
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), sizeBytes);
    return length === 0 ? 'unsatisfiable' : { start: sizeBytes - length, end: sizeBytes - 1 };
  }
  const start = Number(first);
  const end = last === undefined ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  // "5-3" is malformed, and so ignored; "500-" of a shorter file cannot be satisfied.
  if (last !== undefined && Number(last) < start) return 'whole';
  return start >= sizeBytes ? 'unsatisfiable' : { start, end };
}
