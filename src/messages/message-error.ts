/** `error.code` as the API shows it: WhatsApp's codes are integers, ours are text. */
export function errorCodeOf(stored: string | null): number | string {
  return stored !== null && /^\d+$/.test(stored) ? Number(stored) : (stored ?? 'UNKNOWN');
}
