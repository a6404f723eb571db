import type { SqlRunner } from '../../platform/database/postgres.js';
import type { OpenedConversations } from '../../tenants/plan-places.js';

/** A chat found or made for a send. */
export interface ChatRow {
  id: number;
  number_id: number;
  contact_id: number;
  service_window_expires_at: Date | null;
}

/** Finds or makes the chat of each (number, contact); answers all of them. */
export async function ensureChats(
  sql: SqlRunner,
  wanted: { tenantId: number; numberId: number; contactId: number }[],
): Promise<ChatRow[]> {
  const sorted = [...wanted].sort((a, b) => a.numberId - b.numberId || a.contactId - b.contactId);
  const keys = [sorted.map((chat) => chat.numberId), sorted.map((chat) => chat.contactId)];
  await sql.query(
    'outbound_insert_chats',
    `INSERT INTO chats (tenant_id, number_id, contact_id)
     SELECT * FROM unnest($1::int[], $2::int[], $3::int[])
     ON CONFLICT (number_id, contact_id) DO NOTHING`,
    [sorted.map((chat) => chat.tenantId), ...keys],
  );
  return sql.query<ChatRow>(
    'outbound_find_chats',
    `SELECT c.id, c.number_id, c.contact_id,
            CASE WHEN c.service_window_expires_at > now() THEN c.service_window_expires_at END AS service_window_expires_at
       FROM unnest($1::int[], $2::int[]) AS i (number_id, contact_id)
       JOIN chats c ON c.number_id = i.number_id AND c.contact_id = i.contact_id`,
    keys,
  );
}

/**
 * Moves each chat to its newest message, and opens the plan's conversation (24 hours of one contact with one number)
 * where none is open. Two sends to one chat open it once, because the chat's row is locked; all rows are locked in the
 * order of their ids, before anything is stored below them. What comes back is to be counted in the same transaction.
 */
export async function moveChats(sql: SqlRunner, chatIds: number[]): Promise<OpenedConversations[]> {
  if (chatIds.length === 0) return [];
  return sql.query<OpenedConversations>(
    'outbound_move_chats',
    `WITH locked AS MATERIALIZED (
            SELECT id, coalesce(conversation_expires_at <= now(), true) AS due
              FROM chats WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE),
          moved AS (
            UPDATE chats c
               SET last_message_at = GREATEST(c.last_message_at, now()),
                   conversation_expires_at =
                     CASE WHEN locked.due THEN now() + interval '24 hours' ELSE c.conversation_expires_at END
              FROM locked WHERE c.id = locked.id RETURNING c.tenant_id, locked.due)
     SELECT tenant_id, count(*)::int AS n FROM moved WHERE due GROUP BY tenant_id ORDER BY tenant_id`,
    [[...new Set(chatIds)].sort((a, b) => a - b)],
  );
}
