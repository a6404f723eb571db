import type { MarkReadResult } from '../../whatsapp/client/send-result.js';
import { mayRetry } from '../../whatsapp/errors/classify.js';
import { retryDelayMs } from '../../whatsapp/errors/retry-delay.js';

/** What becomes of a receipt after WhatsApp was asked to mark its message as read. */
export type ReceiptEnd =
  | { readonly kind: 'settled' }
  /** WhatsApp will never take it. */
  | { readonly kind: 'given_up'; readonly reason: string }
  | { readonly kind: 'again'; readonly delayMs: number; readonly reason: string };

/** A fault of token, account or number, and one of ours: neither goes away in seconds. */
export const LONG_WAIT_MS = 300_000;

/**
 * Decides by WhatsApp's answer to try number `tries` (1 is the first). Marking twice does no harm, so everything is
 * tried again that may succeed later, unknown outcomes too. `random` is even in [0, 1).
 */
export function afterAnswer(result: MarkReadResult, tries: number, random: number): ReceiptEnd {
  switch (result.kind) {
    case 'marked':
      return { kind: 'settled' };
    case 'not_written':
    case 'unknown':
      return { kind: 'again', delayMs: doubling(tries, random), reason: result.reason };
    case 'refused': {
      const { classification } = result;
      const reason = `${classification.code} ${classification.title}`;
      if (classification.class === 'pause_number') return { kind: 'again', delayMs: LONG_WAIT_MS, reason };
      if (!mayRetry(classification, tries - 1)) return { kind: 'given_up', reason };
      return { kind: 'again', delayMs: retryDelayMs(classification, tries, random), reason };
    }
    default:
      return never(result);
  }
}

const never = (result: never): never => {
  throw new Error(`No such result: ${JSON.stringify(result)}`);
};

/** 2, 4, 8 … seconds, at most 5 minutes, and up to half of it less, so that receipts do not come in waves. */
const doubling = (tries: number, random: number): number =>
  Math.min(2 ** Math.min(tries, 20) * 1000, LONG_WAIT_MS) * (1 - random / 2);
