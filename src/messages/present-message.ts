import type { MediaLinks } from '../media/media-links.js';
import { timestamp, timestampOrNull } from '../platform/http/timestamp.js';
import type { MessageDto, MessageMediaDto } from './dto/message.dto.js';
import { errorCodeOf, shownError } from './message-error.js';
import type { MessageRow } from './message.repository.js';

/** What a tenant is told about `messages.held_by`. */
const HELD_BY = {
  lane: 'An earlier message to this recipient has to leave first.',
  tier: "WhatsApp's limit of new recipients in 24 hours is used up; the message leaves when there is room again.",
};

/** What a tenant is told about `inbound_media.failure`. */
const MEDIA_FAILURES = {
  TOO_LARGE: 'The file is larger than 100 MB.',
  NOT_AVAILABLE: 'WhatsApp does not hand the file over (any more).',
};

/** A message as `GET /messages/{id}` shows it; its file's address is made by `links`. */
export function presentMessage(row: MessageRow, links: MediaLinks): MessageDto {
  const outbound = row.direction === 'outbound';
  const waits = outbound && (row.status === 'queued' || row.status === 'sending');
  return {
    id: row.id,
    interaction_id: row.chat_id,
    sender_id: outbound ? row.display_phone_number.replace(/\D/g, '') : (row.phone ?? row.recipient_user_id),
    type: row.type,
    message: row.body,
    status: row.status,
    message_id: row.wamid,
    sent_at: timestamp(row.sent_at ?? row.created_at),
    is_read: outbound ? row.read_at !== null : row.is_read,
    status_message: row.error_details ?? row.error_title,
    ref_message_id: row.reply_to_wamid,
    url: urlOf(row, links),
    staff_id: row.staff_id,
    direction: row.direction,
    chat_id: row.chat_id,
    contact_id: row.contact_id,
    phone: row.phone,
    delivered_at: timestampOrNull(row.delivered_at),
    read_at: timestampOrNull(row.read_at),
    failed_at: timestampOrNull(row.failed_at),
    send_at: timestampOrNull(row.send_at),
    expires_at: timestampOrNull(row.expires_at),
    error:
      row.error_code === null
        ? null
        : shownError({ code: errorCodeOf(row.error_code), title: row.error_title, details: row.error_details }),
    hold_reason: waits ? holdReason(row) : null,
    user_id: row.recipient_user_id,
    media: shownMedia(row),
    content: row.received,
    service_window_expires_at: timestampOrNull(row.service_window_expires_at),
  };
}

/** A customer's file has an address for 15 minutes only, a new one each time it is asked for. */
function urlOf({ public_id, filename, signed }: MessageRow, links: MediaLinks): string | null {
  if (public_id === null || filename === null) return null;
  return signed ? links.signedUrl(public_id, filename) : links.url(public_id, filename);
}

/** The file that belongs to a message; null for one without. */
function shownMedia(row: MessageRow): MessageMediaDto | null {
  if (row.public_id !== null) {
    const { mime_type, filename, size_bytes } = row;
    return { status: 'stored', mime_type, filename, size_bytes, failure: null };
  }
  if (!row.fetching && row.failure === null) return null;
  return {
    status: row.fetching ? 'pending' : 'failed',
    mime_type: null,
    filename: row.ordered_filename,
    size_bytes: null,
    failure: row.failure && MEDIA_FAILURES[row.failure],
  };
}

/** Why a message waits, the strongest reason first. */
function holdReason({ paused, paused_reason, held_by }: MessageRow): string | null {
  if (paused) return paused_reason ?? 'The number is paused.';
  return held_by && HELD_BY[held_by];
}
