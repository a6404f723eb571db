/** WhatsApp, "Webhooks": what no callback takes is dropped after 7 days. */
export const RETRY_FOR_MS = 7 * 86_400_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 3_600_000;

/**
 * The pause before the next attempt: the first retry comes at once, then 1 s, 2 s, 4 s ... up to an hour,
 * with up to a fifth more so that retries spread.
 * @param failures Attempts that failed so far, at least 1.
 * @param random From 0 to 1.
 */
export function retryPauseMs(failures: number, random: number): number {
  if (failures <= 1) return 0;
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 2));
  return pause * (1 + random / 5);
}
