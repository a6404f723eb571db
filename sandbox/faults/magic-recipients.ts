import { ERROR_TABLE } from '../graph/error-table.js';

/**
 * Recipients that force an error: +1 555 0cc cccc answers error code `cccccc` (zero padded) at once,
 * +1 555 1cc cccc accepts and then fails with it. They are possible US numbers; 555 belongs to nobody.
 * A code that is not in the error table is no magic, so the number is then an ordinary recipient.
 */
export function magicError(digits: string): { code: number; mode: 'sync' | 'async' } | null {
  if (digits.length !== 11 || !digits.startsWith('1555')) return null;
  const selector = digits.charCodeAt(4);
  if (selector !== 48 && selector !== 49) return null;
  const code = Number(digits.slice(5));
  if (!ERROR_TABLE.has(code)) return null;
  return { code, mode: selector === 48 ? 'sync' : 'async' };
}
