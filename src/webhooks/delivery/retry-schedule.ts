/** Pauses after the first failures, milliseconds; after those, one of an hour each. */
const PAUSES_MS = [5_000, 30_000, 120_000, 600_000, 1_800_000];
const HOUR_MS = 3_600_000;
/** Hourly attempts are spread by so much of the hour to either side, so that a receiver that was away is not met by all at once. */
const JITTER = 0.1;

/** From the first attempt on, a delivery is tried for so long; so is an endpoint that nothing reaches. */
export const GIVE_UP_AFTER_MS = 3 * 24 * HOUR_MS;

/** What is known of a delivery when its attempt has failed. */
export interface FailedAttempt {
  /** This one included. */
  readonly attempts: number;
  readonly firstAttemptAt: Date;
  /** When this attempt ended. */
  readonly at: Date;
  /** How long the receiver asked us to wait, milliseconds; null: it did not. */
  readonly retryAfterMs: number | null;
}

/**
 * When a delivery is tried again; null: it has been tried for three days, and is dead. The last attempt is made when the
 * three days end. A receiver's wish makes the pause longer, never shorter, and does not reach beyond those three days.
 * @param random from 0 to 1
 */
export function nextAttemptAt(
  { attempts, firstAttemptAt, at, retryAfterMs }: FailedAttempt,
  random: () => number = Math.random,
): Date | null {
  const end = firstAttemptAt.getTime() + GIVE_UP_AFTER_MS;
  if (at.getTime() >= end) return null;
  const pause = PAUSES_MS[attempts - 1] ?? HOUR_MS * (1 + JITTER * (2 * random() - 1));
  return new Date(Math.min(end, at.getTime() + Math.max(pause, retryAfterMs ?? 0)));
}

/** Preferred form of a date in HTTP, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7). */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * What a `Retry-After` asks for (RFC 9110, 10.2.3): seconds, or a date. Null when it is absent or neither; 0 for a date
 * that has passed.
 */
export function retryAfterMs(header: string | undefined, now: Date): number | null {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  if (!HTTP_DATE.test(text)) return null;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now.getTime());
}
