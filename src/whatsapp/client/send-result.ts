import type { GraphError } from './graph-error.js';

/** WhatsApp has the message. `messageStatus` comes with templates: a held one must not be sent again. */
export interface Accepted {
  readonly kind: 'accepted';
  readonly wamid: string;
  /** The recipient's WhatsApp id: digits without `+`. Absent when the send went to a WhatsApp user id. */
  readonly waId?: string;
  readonly userId?: string;
  readonly messageStatus?: string;
}

/** WhatsApp said no, in its own words; the classification says what to do. */
export interface Refused extends GraphError {
  readonly kind: 'refused';
}

/** Not one byte of the request left this machine: trying again cannot make a second message. */
export interface NotWritten {
  readonly kind: 'not_written';
  readonly reason: string;
}

/** WhatsApp may or may not have it: never blindly sent again. */
export interface UnknownOutcome {
  readonly kind: 'unknown';
  readonly reason: string;
}

/** What became of a send. Nothing is thrown: each of these has to be stored. */
export type SendResult = Accepted | Refused | NotWritten | UnknownOutcome;

/** What became of handing over a media file. */
export type UploadResult =
  { readonly kind: 'uploaded'; readonly mediaId: string } | Refused | NotWritten | UnknownOutcome;

/** What became of marking a message as read. */
export type MarkReadResult = { readonly kind: 'marked' } | Refused | NotWritten | UnknownOutcome;
