import { Injectable } from '@nestjs/common';
import { recordChanges } from '../platform/audit/audit-trail.js';
import { Postgres, type SqlRunner } from '../platform/database/postgres.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';

/** A chat with its contact and number, and the id of its newest message. */
export interface ChatRow {
  id: number;
  unread_count: number;
  last_message_at: Date;
  last_inbound_at: Date | null;
  /** Null when it has passed. */
  service_window_expires_at: Date | null;
  created_at: Date;
  updated_at: Date;
  contact_id: number;
  firstname: string;
  lastname: string;
  phone: string | null;
  profile_name: string | null;
  phone_number_id: string;
  display_phone_number: string;
  verified_name: string | null;
  last_message_id: number | null;
}

/** How long marking a chat waits for its rows, milliseconds: an inbound message holds them for a moment. */
const LOCK_TIMEOUT_MS = 2000;

/** Not messages that a person reads; marking one of them tells WhatsApp nothing. */
const WITHOUT_READING = ['reaction', 'system', 'unsupported', 'call'];

/** Reads chats of one tenant, and marks them as read. */
@Injectable()
export class ChatRepository {
  constructor(private readonly postgres: Postgres) {}

  /** Those of the ids that are the tenant's, in any order. The newest message is one look at messages_chat_created. */
  findByIds(sql: SqlRunner, tenantId: number, ids: readonly number[]): Promise<ChatRow[]> {
    return sql.query<ChatRow>(
      'chats_by_ids',
      `SELECT h.id, h.unread_count, h.last_message_at, h.last_inbound_at, h.created_at, h.updated_at,
              CASE WHEN h.service_window_expires_at > now() THEN h.service_window_expires_at END
                AS service_window_expires_at,
              c.id AS contact_id, c.firstname, c.lastname, c.phone, c.profile_name,
              n.phone_number_id, n.display_phone_number, n.verified_name, l.id AS last_message_id
         FROM chats h
         JOIN contacts c ON c.id = h.contact_id
         JOIN phone_numbers n ON n.id = h.number_id
         LEFT JOIN LATERAL (SELECT m.id FROM messages m WHERE m.chat_id = h.id
                             ORDER BY m.created_at DESC, m.id DESC LIMIT 1) l ON true
        WHERE h.tenant_id = $1 AND h.id = ANY ($2::bigint[])`,
      [tenantId, ids],
    );
  }

  /** Runs `read` so that all it reads is of one moment. */
  inOneMoment<T>(read: (sql: SqlRunner) => Promise<T>, statementTimeoutMs: number): Promise<T> {
    return this.postgres.snapshot(read, { statementTimeoutMs });
  }

  async exists(tenantId: number, id: number): Promise<boolean> {
    const rows = await this.postgres.query(
      'chat_exists',
      'SELECT 1 FROM chats WHERE tenant_id = $1 AND id = $2::bigint AND contact_id IS NOT NULL',
      [tenantId, id],
    );
    return rows.length > 0;
  }

  /**
   * Marks all that the contact wrote as read, and leaves word for WhatsApp when something was unread. The chat's row is
   * locked first: a message that arrives meanwhile counts afterwards, and stays unread.
   * @returns false when the tenant has no such chat
   */
  markRead(author: AuthenticatedTenant, id: number): Promise<boolean> {
    const { tenantId } = author;
    return this.postgres.transaction(
      async (sql) => {
        const [chat] = await sql.query(
          'chat_lock',
          'SELECT id FROM chats WHERE tenant_id = $1 AND id = $2::bigint AND contact_id IS NOT NULL FOR NO KEY UPDATE',
          [tenantId, id],
        );
        if (!chat) return false;
        // Index messages_unread.
        const marked = await sql.query<{ readable: boolean }>(
          'chat_mark_messages',
          `UPDATE messages SET is_read = true, read_at = coalesce(read_at, now()), updated_at = now()
            WHERE tenant_id = $1 AND chat_id = $2::bigint AND direction = 'inbound' AND NOT is_read
           RETURNING type <> ALL ($3::text[]) AS readable`,
          [tenantId, id, WITHOUT_READING],
        );
        await sql.query(
          'chat_mark',
          'UPDATE chats SET unread_count = 0, updated_at = now() WHERE tenant_id = $1 AND id = $2::bigint AND unread_count <> 0',
          [tenantId, id],
        );
        if (marked.some(({ readable }) => readable)) await leaveReceipt(sql, tenantId, id);
        if (marked.length > 0) await recordChanges(sql, author, [{ action: 'chat.read', ids: [id] }]);
        return true;
      },
      { lockTimeoutMs: LOCK_TIMEOUT_MS },
    );
  }
}

/** The newest message stands for all before it. */
async function leaveReceipt(sql: SqlRunner, tenantId: number, chatId: number): Promise<void> {
  await sql.query(
    'chat_leave_receipt',
    `INSERT INTO read_receipts AS r (chat_id, tenant_id, wamid)
     SELECT chat_id, tenant_id, wamid FROM messages
      WHERE tenant_id = $1 AND chat_id = $2::bigint AND direction = 'inbound' AND wamid IS NOT NULL
        AND type <> ALL ($3::text[])
      ORDER BY created_at DESC, id DESC LIMIT 1
     ON CONFLICT (chat_id) DO UPDATE
        SET wamid = EXCLUDED.wamid, version = r.version + 1, tries = 0, next_at = now(), created_at = now()`,
    [tenantId, chatId, WITHOUT_READING],
  );
}
