import type { MediaRefused, MediaUnanswered } from '../../whatsapp/client/customer-media.js';
import type { InboundMedia, MediaFailure } from './inbound-media-store.js';

/** What becomes of a file that could not be fetched this time. */
export type FetchEnd =
  | { kind: 'again'; delayMs: number; refused: boolean; reason: string }
  | { kind: 'given_up'; failure: MediaFailure; reason: string };

/** WhatsApp keeps a customer's file for 7 days. */
export const KEPT_MS = 7 * 24 * 3600 * 1000;
/** After so many refusals the file is gone; WhatsApp blocks whoever keeps asking. */
const MAX_REFUSALS = 3;
/** The address lives 5 minutes and a new one is asked for each time; what is refused rests longer. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 10 * 60_000;
const REFUSED_PAUSE_MS = 15_000;
/** A token that is refused is the operator's to renew. */
const TOKEN_PAUSE_MS = 5 * 60_000;
const TOO_MANY_CALLS = 429;
const TOKEN_STATUSES: ReadonlySet<number> = new Set([401, 403]);

/**
 * What follows from an answer that was no file. `random` is even in [0, 1) and spreads the pauses.
 *
 * - no answer, a fault of the server, a limit: again after growing pauses, as long as WhatsApp keeps the file;
 * - a fault of the token or the number: again every five minutes, likewise;
 * - any other refusal: three times, then the file is gone.
 */
export function afterFailure(
  answer: MediaRefused | MediaUnanswered,
  { tries, refusals, created_at }: Pick<InboundMedia, 'tries' | 'refusals' | 'created_at'>,
  now: number,
  random: number,
): FetchEnd {
  const reason =
    answer.kind === 'refused' ? `HTTP ${answer.status}, code ${answer.error?.code ?? 'none'}` : answer.reason;
  if (now - created_at.getTime() >= KEPT_MS) return { kind: 'given_up', failure: 'NOT_AVAILABLE', reason };
  const growing = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries - 1, 20), LONGEST_PAUSE_MS) * (0.5 + random / 2);
  const again = (delayMs: number, refused = false): FetchEnd => ({ kind: 'again', delayMs, refused, reason });
  if (answer.kind === 'unanswered') return again(growing);
  const kind = answer.error?.classification.class;
  if (kind === 'retry' || answer.status === TOO_MANY_CALLS) return again(growing);
  if (kind === 'pause_number' || TOKEN_STATUSES.has(answer.status)) return again(TOKEN_PAUSE_MS * (0.5 + random / 2));
  if (refusals + 1 >= MAX_REFUSALS) return { kind: 'given_up', failure: 'NOT_AVAILABLE', reason };
  return again(REFUSED_PAUSE_MS * 2 ** refusals, true);
}
