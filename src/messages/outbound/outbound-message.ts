import type { StorePayloadClaim } from '../../integrations/store/settle-payloads.js';
import type { PreparedMedia } from '../../media/prepared-media.js';
import type { ApiError, FieldErrors } from '../../platform/http/api-error.js';
import type { NewOneTimeCode } from '../../otp/store/store-codes.js';
import type { MessageReference } from '../message-reference.js';
import type { IdempotencyClaim } from '../../platform/idempotency/idempotency-claim.js';
import type { KeptReply } from '../../platform/idempotency/kept-answer.js';

/** Fields for a contact that this send creates; ignored when the contact exists. */
export interface NewContactFields {
  firstname?: string;
  lastname?: string;
  email?: string;
  /** ISO 3166-1 numeric. */
  countryId?: number;
  assignedId?: number;
  groupIds?: number[];
}

/** A message as it will be sent. */
export interface RenderedMessage {
  text: string | null;
  content: Record<string, unknown>;
}

/** What every kind of message gives to the one outbound path. */
export interface OutboundMessage {
  tenantId: number;
  requestId: string;
  /** The token that sends it; absent: the platform itself. */
  tokenId?: number;
  type: OutboundType;
  /** WhatsApp phone number id; absent: the tenant's default number. */
  from?: string;
  /** Digits, country code first; absent when `contactId` is given. */
  phone?: string;
  contactId?: number;
  newContact?: NewContactFields;
  /** The text a person reads, merge fields not yet filled in; null: none. */
  text: string | null;
  /** The field that `text` came in and its limit in code points, which holds after merging. */
  textField: string;
  textLimit: number;
  /** There is no message without text: what is blank after merging is refused. */
  textRequired?: boolean;
  /** The text is as it is: what looks like a merge field in it is none. */
  textVerbatim?: boolean;
  /** A message of the same chat that this one answers or reacts to, and the field that names it. */
  refersTo?: { message: MessageReference; field: string };
  media?: PreparedMedia & { publicId: string };
  /** What the payload builder of this type needs beside text and media. */
  content: Record<string, unknown>;
  /**
   * For a kind with several texts that hold merge fields: its text and content once `merge` has filled them in, or what
   * is wrong with them by field. Counts instead of `text` and `content`.
   */
  render?: (merge: (text: string) => string) => RenderedMessage | { faults: FieldErrors };
  /** 0 leaves first (one-time codes); 5 is ordinary. */
  priority: number;
  /** A code to be verified, which is stored together with the message that brings it. */
  oneTimeCode?: NewOneTimeCode;
  /** Not before this moment; absent: at once. */
  sendAt?: Date;
  /** How long it may wait for its departure, from `sendAt` or from now, seconds; absent: the tenant's setting. */
  expiresInS?: number;
  /** Of a request with an `Idempotency-Key`. */
  idempotency?: KeyedRequest;
  /** What a store delivered, and this message comes of: it is settled together with the message. */
  storePayload?: StorePayloadClaim;
}

/** A key that is stored together with its message. */
export interface KeyedRequest {
  claim: IdempotencyClaim;
  /** What a caller who does not wait for WhatsApp is answered. */
  answerOf: (accepted: AcceptedMessage) => KeptReply;
}

/** The kinds of message that can be sent; the program does not start without a payload builder for each. */
export const OUTBOUND_TYPES = [
  'text',
  'image',
  'video',
  'audio',
  'document',
  'template',
  'interactive',
  'location',
  'contacts',
  'reaction',
] as const;
export type OutboundType = (typeof OUTBOUND_TYPES)[number];

/** A message that is stored and will go out. */
export interface AcceptedMessage {
  messageId: number;
  chatId: number;
  contactId: number;
  phone: string | null;
  /** Whom WhatsApp sends it to: digits, or a user id. */
  recipient: string;
  priority: number;
  /** After merging. */
  text: string | null;
  numberId: number;
  ratePerSecond: number;
  /** When the number was resumed last. */
  numberResumedAt: Date | null;
  /** Stored as due at once, because its number has a backlog: the workers' feeder releases it. */
  leftToFeeder: boolean;
  /** An earlier message to the same recipient goes first; its end releases this one. */
  heldByLane: boolean;
  /** The stored file that the message refers to; null without media. */
  mediaStorageKey: string | null;
  serviceWindowExpiresAt: Date | null;
  /** Until when the code that came with it is good; null without one. */
  codeExpiresAt: Date | null;
}

/** One message's way through the outbound path: stored, or refused with what the caller is told. */
export type Acceptance = { accepted: AcceptedMessage } | { refused: ApiError };

/** A message with the address at which its sender waits for the outcome, if it waits. */
export interface OutboundItem {
  message: OutboundMessage;
  /** `<channel> <key>`, see OutcomeWaiter. */
  waiter: string | null;
}
