/** How an attempt ended; stored in `attempts.state`. */
export type AttemptState = 'accepted' | 'refused' | 'not_written' | 'released' | 'unknown';

/** What becomes of the message after an attempt. */
export type MessageFate =
  /** WhatsApp has it. */
  | { kind: 'sent'; wamid: string }
  | { kind: 'failed'; error: MessageError }
  /** Nobody knows: never sent again blindly. */
  | { kind: 'unknown' }
  /** Stays `sending` and is released again after `delayMs`. `heldBy`: it waits for a place under the messaging limit. */
  | { kind: 'again'; delayMs: number; countsAsRetry: boolean; heldBy?: 'tier' };

/** `code`: WhatsApp's integer, or ours, as text. */
export interface MessageError {
  code: string;
  title: string | null;
  details: string | null;
}

/** The end of an attempt, and what follows from it. */
export interface AttemptEnd {
  state: AttemptState;
  fate: MessageFate;
  /** For the attempt's own record. */
  httpStatus: number | null;
  errorCode: number | null;
  errorDetails: string | null;
  fbtraceId: string | null;
  /** Number (or every number of its account) must stop until the operator resumes it. `code`: WhatsApp's. */
  pause: { wholeAccount: boolean; code: number | null; reason: string } | null;
  /** Nothing of the number may leave for this long, milliseconds. */
  holdNumberMs: number | null;
  /** Nothing of the number to this recipient may leave for this long, milliseconds. */
  holdPairMs: number | null;
  /** The number sends more than WhatsApp allows: its rate is to be cut. */
  slowNumber: boolean;
}
