/** What a caller prefers of the answer (RFC 7240). */
export interface Preference {
  /** How long to wait for WhatsApp's answer, milliseconds; 0 answers at once. */
  waitMs: number;
  /** Value of the `Preference-Applied` header, when the caller named a preference that was followed. */
  applied?: string;
}

/** Longest wait a caller may ask for, seconds. */
export const MAX_WAIT_S = 30;

/**
 * Reads `Prefer: respond-async` and `Prefer: wait=N` (seconds; more than 30 counts as 30). With both, the wait comes
 * first and `respond-async` is what happens after it (RFC 7240, section 4.3). The first of a repeated preference
 * counts; what is unknown or malformed is ignored, as the RFC demands.
 */
export function readPreference(header: string | string[] | undefined, defaultWaitMs: number): Preference {
  const preferences = new Map<string, string>();
  for (const part of [header ?? []].flat().join(',').split(',')) {
    const [name = '', value = ''] = (part.split(';')[0] ?? '').split('=').map((piece) => piece.trim());
    const key = name.toLowerCase();
    if (key !== '' && !preferences.has(key)) preferences.set(key, value.replace(/^"(.*)"$/, '$1'));
  }
  const wait = preferences.get('wait');
  if (wait !== undefined && /^\d{1,9}$/.test(wait)) {
    const seconds = Math.min(Number(wait), MAX_WAIT_S);
    return { waitMs: seconds * 1000, applied: `wait=${seconds}` };
  }
  if (preferences.get('respond-async') === '') return { waitMs: 0, applied: 'respond-async' };
  return { waitMs: defaultWaitMs };
}
