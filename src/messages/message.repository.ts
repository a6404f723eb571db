import { Injectable } from '@nestjs/common';
import { Postgres, type SqlRunner } from '../platform/database/postgres.js';

/** A message with what its answer needs of other tables. */
export interface MessageRow {
  id: number;
  chat_id: number;
  contact_id: number | null;
  direction: 'inbound' | 'outbound';
  type: string;
  status: string;
  body: string | null;
  phone: string | null;
  wamid: string | null;
  reply_to_wamid: string | null;
  is_read: boolean;
  staff_id: number | null;
  sent_at: Date | null;
  delivered_at: Date | null;
  read_at: Date | null;
  failed_at: Date | null;
  created_at: Date;
  /** When the sender wants it to leave; null: at once. */
  send_at: Date | null;
  /** Until when it may leave; null for inbound messages. */
  expires_at: Date | null;
  error_code: string | null;
  error_title: string | null;
  error_details: string | null;
  phone_number_id: string;
  display_phone_number: string;
  paused: boolean;
  paused_reason: string | null;
  /** What an outbound message waits for beside its time. */
  held_by: 'lane' | 'tier' | null;
  public_id: string | null;
  filename: string | null;
  /** Served under signed addresses only. */
  signed: boolean | null;
  mime_type: string | null;
  size_bytes: number | null;
  /** Of a customer's file that is not stored (yet): whether it is still to be fetched, else why not. */
  fetching: boolean;
  failure: 'TOO_LARGE' | 'NOT_AVAILABLE' | null;
  ordered_filename: string | null;
  recipient_user_id: string | null;
  /** WhatsApp's own object; null for messages of ours. */
  received: Record<string, unknown> | null;
  service_window_expires_at: Date | null;
}

const SELECT = `
SELECT m.id, m.chat_id, m.contact_id, m.direction, m.type, m.status, m.body, m.phone, m.wamid, m.reply_to_wamid, m.is_read,
       m.staff_id, m.sent_at, m.delivered_at, m.read_at, m.failed_at, m.created_at, m.send_at, m.expires_at, m.error_code,
       m.error_title, m.error_details, m.held_by, n.phone_number_id, n.display_phone_number, n.paused_at IS NOT NULL AS paused,
       n.paused_reason,
       l.public_id, l.filename, l.signed, f.mime_type, f.size_bytes,
       i.next_at IS NOT NULL AS fetching, i.failure, i.filename AS ordered_filename, m.recipient_user_id,
       CASE WHEN m.direction = 'inbound' THEN m.content END AS received,
       CASE WHEN h.service_window_expires_at > now() THEN h.service_window_expires_at END AS service_window_expires_at
  FROM messages m
  JOIN phone_numbers n ON n.id = m.number_id
  JOIN chats h ON h.id = m.chat_id
  LEFT JOIN inbound_media i ON i.message_id = m.id
  LEFT JOIN media_links l ON l.id = m.media_link_id AND (l.expires_at IS NULL OR l.expires_at > now())
  LEFT JOIN media_files f ON f.id = l.media_file_id`;

/** Reads messages of one tenant. */
@Injectable()
export class MessageRepository {
  constructor(private readonly postgres: Postgres) {}

  async findById(tenantId: number, id: number): Promise<MessageRow | undefined> {
    const [row] = await this.postgres.query<MessageRow>(
      'message_by_id',
      `${SELECT} WHERE m.id = $1 AND m.tenant_id = $2`,
      [id, tenantId],
    );
    return row;
  }

  /** Those of the ids that are the tenant's, in any order. */
  findByIds(sql: SqlRunner, tenantId: number, ids: readonly number[]): Promise<MessageRow[]> {
    return sql.query<MessageRow>('messages_by_ids', `${SELECT} WHERE m.tenant_id = $1 AND m.id = ANY ($2::bigint[])`, [
      tenantId,
      ids,
    ]);
  }

  /** By WhatsApp's id (index messages_tenant_wamid). */
  async findByWamid(tenantId: number, wamid: string): Promise<MessageRow | undefined> {
    const [row] = await this.postgres.query<MessageRow>(
      'message_by_wamid',
      `${SELECT} WHERE m.tenant_id = $1 AND m.wamid = $2 ORDER BY m.id DESC LIMIT 1`,
      [tenantId, wamid],
    );
    return row;
  }
}
