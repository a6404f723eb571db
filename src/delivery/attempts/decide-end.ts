import type { Refused, SendResult } from '../../whatsapp/client/send-result.js';
import { mayRetry } from '../../whatsapp/errors/classify.js';
import { concernsWholeAccount } from '../../whatsapp/connection/phone-number-state.js';
import { retryDelayMs } from '../../whatsapp/errors/retry-delay.js';
import type { AttemptEnd, MessageFate } from './attempt-end.js';

/** What the decision depends on, beside the answer. */
export interface AttemptHistory {
  attemptNo: number;
  /** Retries already made after refusals. */
  retries: number;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 60_000;
/** WhatsApp's "Rate limit hit": the throughput of the number was exceeded. */
const THROUGHPUT_EXCEEDED = 130429;

const PLAIN: Omit<AttemptEnd, 'state' | 'fate'> = {
  httpStatus: null,
  errorCode: null,
  errorDetails: null,
  fbtraceId: null,
  pause: null,
  holdNumberMs: null,
  holdPairMs: null,
  slowNumber: false,
};

/**
 * What follows from an answer of the Cloud API. `random` is even in [0, 1) and spreads the waits.
 *
 * - accepted: sent;
 * - refused: the error table decides. A retry waits; the last allowed one, `never` and `reengage` fail the message; a
 *   fault of the number pauses it and puts the message back; a limit of the number or of the pair holds all of it for
 *   the wait, and an exceeded throughput cuts the number's rate, too;
 * - not_written: nothing left, so it goes again: at once, then after growing pauses, until it expires;
 * - unknown: stays unknown until WhatsApp or the tenant's policy settles it.
 */
export function decideEnd(result: SendResult, history: AttemptHistory, random: number): AttemptEnd {
  switch (result.kind) {
    case 'accepted':
      return { ...PLAIN, state: 'accepted', fate: { kind: 'sent', wamid: result.wamid }, httpStatus: 200 };
    case 'refused':
      return afterRefusal(result, history, random);
    case 'not_written':
      return notWritten(result.reason, history, random);
    case 'unknown':
      return { ...PLAIN, state: 'unknown', fate: { kind: 'unknown' }, errorDetails: result.reason };
  }
}

/** Nothing reached WhatsApp: the call was never made, or not a byte of it left. */
export function notWritten(reason: string, history: AttemptHistory, random: number): AttemptEnd {
  // Attempts that ended otherwise are counted, too, which only makes the pause longer.
  const earlier = history.attemptNo - 1 - history.retries;
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(earlier, 20), LONGEST_PAUSE_MS);
  return {
    ...PLAIN,
    state: 'not_written',
    fate: { kind: 'again', delayMs: Math.round(pause * (0.5 + random / 2)), countsAsRetry: false },
    errorDetails: reason,
  };
}

/** The attempt is given back unsent: the worker stops, or no slot was to be had. */
export function releasedUnsent(reason: string, delayMs: number): AttemptEnd {
  return {
    ...PLAIN,
    state: 'released',
    fate: { kind: 'again', delayMs, countsAsRetry: false },
    errorDetails: reason,
  };
}

/** The portfolio's messaging limit is used up: the message is held, not failed. */
export function heldByTier(delayMs: number): AttemptEnd {
  return {
    ...PLAIN,
    state: 'released',
    fate: { kind: 'again', delayMs, countsAsRetry: false, heldBy: 'tier' },
    errorDetails: "the portfolio's messaging limit is used up",
  };
}

/**
 * WhatsApp surely has nothing of this attempt: nothing was written, or it was refused for a reason. A server's fault
 * proves nothing.
 */
export function surelyNotTaken({ state, httpStatus }: AttemptEnd): boolean {
  if (state === 'refused') return httpStatus === null || httpStatus < 500;
  return state === 'not_written' || state === 'released';
}

/** The message can never be sent, for a reason on our side. `code` is one of ours. */
export function failedHere(code: string, title: string, details: string | null): AttemptEnd {
  return {
    ...PLAIN,
    state: 'refused',
    fate: { kind: 'failed', error: { code, title, details } },
    errorDetails: `${code}: ${title}`,
  };
}

/** The number lacks what every send needs, its access token: it stops, and the message waits for it. */
export function pausedHere(reason: string): AttemptEnd {
  return {
    ...PLAIN,
    state: 'released',
    fate: { kind: 'again', delayMs: 0, countsAsRetry: false },
    errorDetails: reason,
    pause: { wholeAccount: true, code: null, reason },
  };
}

/** WhatsApp's error to a send, or to the upload before it. */
export function afterRefusal(refused: Refused, history: AttemptHistory, random: number): AttemptEnd {
  return {
    ...PLAIN,
    state: 'refused',
    httpStatus: refused.httpStatus,
    errorCode: refused.code,
    errorDetails: refused.details ?? refused.title,
    fbtraceId: refused.fbtraceId,
    ...consequences(refused, history, random),
  };
}

function consequences(
  refused: Refused,
  { retries }: AttemptHistory,
  random: number,
): { fate: MessageFate } & Partial<Pick<AttemptEnd, 'pause' | 'holdNumberMs' | 'holdPairMs' | 'slowNumber'>> {
  const { classification, code, title, details } = refused;
  const failed: MessageFate = { kind: 'failed', error: { code: String(code), title, details } };
  switch (classification.class) {
    case 'retry': {
      if (!mayRetry(classification, retries)) return { fate: failed };
      const delayMs = retryDelayMs(classification, retries + 1, random);
      return {
        fate: { kind: 'again', delayMs, countsAsRetry: true },
        holdNumberMs: classification.scope === 'phone' ? delayMs : null,
        holdPairMs: classification.scope === 'pair' ? delayMs : null,
        slowNumber: code === THROUGHPUT_EXCEEDED,
      };
    }
    case 'pause_number':
      // Due at once, and skipped while the number is paused: it leaves when the operator resumes the number.
      return {
        fate: { kind: 'again', delayMs: 0, countsAsRetry: false },
        pause: { wholeAccount: concernsWholeAccount(classification), code, reason: details ?? title },
      };
    case 'never':
    case 'reengage':
      return { fate: failed };
  }
}
