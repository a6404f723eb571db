/**
 * What is wrong with the names of the encryption keys together, for the operator. Of two keys with one name only one
 * would be kept, and what the other encrypted could not be opened any more.
 */
export function faultsOfKeyIds(settings: { ENCRYPTION_KEY_ID: string; ENCRYPTION_PREVIOUS_KEYS?: string }): string[] {
  const previous = settings.ENCRYPTION_PREVIOUS_KEYS?.split(',').map((pair) => pair.split(':', 1)[0] ?? '') ?? [];
  const faults: string[] = [];
  if (previous.includes(settings.ENCRYPTION_KEY_ID)) {
    faults.push(
      `ENCRYPTION_PREVIOUS_KEYS must not name ${settings.ENCRYPTION_KEY_ID}: that is ENCRYPTION_KEY_ID, a new key needs a new name`,
    );
  }
  if (new Set(previous).size < previous.length) faults.push('ENCRYPTION_PREVIOUS_KEYS must name each key once');
  return faults;
}
