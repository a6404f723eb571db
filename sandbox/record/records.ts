import type { MediaKind, MessageType } from '../messages/message-types.js';

export type MessageStatus = 'sent' | 'delivered' | 'read' | 'played' | 'failed';

/** What became of a request: accepted messages are also there as a MessageRecord. */
export type RequestOutcome = 'accepted' | 'rejected' | 'answered' | 'dropped';

/** One request to the Cloud API. Times are milliseconds since 1970 on the account's clock. */
export interface RequestRecord {
  /** Grows over the whole sandbox; `since=` in queries means "greater than". */
  readonly seq: number;
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly phone_number_id: string | null;
  readonly waba_id: string | null;
  /** The recipient in digits, or as it came when it could not be read. */
  readonly to: string | null;
  readonly type: string | null;
  readonly biz_opaque_callback_data: string | null;
  outcome: RequestOutcome;
  http_status: number | null;
  error_code: number | null;
  wamid: string | null;
  /** The fault that was put on this request, if any. */
  fault: string | null;
  /** The body as it came; null when bodies are not recorded. */
  readonly body: string | null;
}

export interface StatusRecord {
  readonly seq: number;
  readonly status: MessageStatus;
  /** When the status came to be. */
  readonly at: number;
  readonly error_code: number | null;
  /** When the callback answered 200 to it; null until then. */
  delivered_at: number | null;
}

/** What was fetched from a link, or taken from an uploaded id. */
export interface MediaRecord {
  readonly kind: MediaKind;
  readonly source: 'link' | 'id';
  readonly link: string | null;
  readonly media_id: string | null;
  mime_type: string | null;
  file_size: number | null;
  sha256: string | null;
  /** Where the bytes can be read while they are kept (`/control/assets/<sha256>`). */
  asset_url: string | null;
}

/** An accepted message. */
export interface MessageRecord {
  readonly seq: number;
  readonly wamid: string;
  readonly phone_number_id: string;
  readonly waba_id: string;
  readonly at: number;
  readonly input: string;
  /** The recipient's number in digits, null when it was sent to a business-scoped user id. */
  readonly wa_id: string | null;
  readonly user_id: string;
  readonly type: MessageType;
  readonly voice: boolean;
  readonly category: string;
  readonly biz_opaque_callback_data: string | null;
  readonly body: string | null;
  readonly media: MediaRecord | null;
  readonly statuses: StatusRecord[];
  error_code: number | null;
}

/** A message from a user to the business. */
export interface InboundRecord {
  readonly seq: number;
  readonly wamid: string;
  readonly phone_number_id: string;
  readonly waba_id: string;
  readonly at: number;
  readonly wa_id: string | null;
  readonly user_id: string;
  readonly type: string;
  readonly body: string;
  /** The picture or file shown in the page. */
  readonly asset_url: string | null;
  /** When the business marked it as read. */
  read_at: number | null;
  delivered_at: number | null;
}

/** Something one can wait for. */
export type JournalEvent =
  | { readonly kind: 'request'; readonly seq: number; readonly request: RequestRecord }
  | { readonly kind: 'message'; readonly seq: number; readonly message: MessageRecord }
  | {
      readonly kind: 'status';
      readonly seq: number;
      readonly message: MessageRecord;
      readonly status: StatusRecord;
    }
  | { readonly kind: 'inbound'; readonly seq: number; readonly inbound: InboundRecord }
  | {
      readonly kind: 'webhook_delivered';
      readonly seq: number;
      readonly field: string;
      readonly waba_id: string;
      readonly phone_number_id: string | null;
      readonly wamid: string | null;
      readonly status: MessageStatus | null;
      readonly to: string | null;
      readonly attempt: number;
    };

export type JournalKind = JournalEvent['kind'];
