import { Injectable } from '@nestjs/common';
import { MessageCancel } from '../delivery/cancel/message-cancel.js';
import { MediaLinks } from '../media/media-links.js';
import type { SqlRunner } from '../platform/database/postgres.js';
import { conflict, notFound, serviceUnavailable } from '../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { timestamp, timestampOrNull } from '../platform/http/timestamp.js';
import type { ListRequest } from '../platform/pagination/list-request.js';
import type { ListScope } from '../platform/pagination/list-spec.js';
import { type ListPage, Lists } from '../platform/pagination/lists.js';
import type { MessageDto, MessageMediaDto } from './dto/message.dto.js';
import { MESSAGE_LIST } from './list/message-list.js';
import { errorCodeOf, shownError } from './message-error.js';
import { type MessageReference, readMessageReference } from './message-reference.js';
import { MessageRepository, type MessageRow } from './message.repository.js';

/** After which time a message is called back again whose delivery the operator holds, seconds. */
const HELD_RETRY_S = 60;

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

/** Shows messages to the tenant they belong to. */
@Injectable()
export class MessagesService {
  constructor(
    private readonly repository: MessageRepository,
    private readonly links: MediaLinks,
    private readonly lists: Lists,
    private readonly cancellations: MessageCancel,
  ) {}

  /** One page of the tenant's messages, or of those within the scope's parent. */
  list(scope: ListScope, request: ListRequest): Promise<ListPage<MessageDto>> {
    return this.lists.page(MESSAGE_LIST, scope, request, (sql, ids) => this.findByIds(sql, scope.tenantId, ids));
  }

  /** Those of the ids that are the tenant's, in any order. */
  async findByIds(sql: SqlRunner, tenantId: number, ids: readonly number[]): Promise<MessageDto[]> {
    return (await this.repository.findByIds(sql, tenantId, ids)).map((row) => this.present(row));
  }

  /**
   * One message by our integer id or WhatsApp's wamid.
   * @throws ApiError 404 when the tenant has no such message
   */
  async get(tenantId: number, id: string): Promise<MessageDto> {
    const reference = readMessageReference(id);
    const row = reference && (await this.find(tenantId, reference));
    if (!row) throw notFound('There is no such message.');
    return this.present(row);
  }

  /**
   * Calls a message back that has not left; one that is cancelled already stays so. The message as it is then.
   * @throws ApiError 404 when the tenant has no such message, 409 MESSAGE_NOT_CANCELLABLE when it is too late, 503 while
   * nobody can say
   */
  async cancel(author: AuthenticatedTenant, id: string): Promise<MessageDto> {
    const { tenantId } = author;
    const message = await this.get(tenantId, id);
    const cancellation = await this.cancellations.cancel(tenantId, message.id, author);
    if (!cancellation) throw notFound('There is no such message.');
    if (cancellation.kind === 'in_doubt') {
      throw serviceUnavailable(new Error('delivery is held, and the message is older than the hold'), HELD_RETRY_S);
    }
    if (cancellation.kind === 'too_late' && cancellation.status !== 'cancelled') {
      const { status } = cancellation;
      throw conflict('MESSAGE_NOT_CANCELLABLE', `The message is ${status} and cannot be cancelled`, { status });
    }
    return this.get(tenantId, String(message.id));
  }

  private find(tenantId: number, reference: MessageReference): Promise<MessageRow | undefined> {
    return 'id' in reference
      ? this.repository.findById(tenantId, reference.id)
      : this.repository.findByWamid(tenantId, reference.wamid);
  }

  /** A customer's file has an address for 15 minutes only, a new one each time it is asked for. */
  private urlOf({ public_id, filename, signed }: MessageRow): string | null {
    if (public_id === null || filename === null) return null;
    return signed ? this.links.signedUrl(public_id, filename) : this.links.url(public_id, filename);
  }

  private present(row: MessageRow): MessageDto {
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
      url: this.urlOf(row),
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
