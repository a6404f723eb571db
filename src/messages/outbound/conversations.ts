import { type ApiError, featureLimitExceeded } from '../../platform/http/api-error.js';
import type { SqlRunner } from '../../platform/database/postgres.js';

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

/** Conversations of one tenant that a transaction has opened. */
export interface OpenedConversations {
  tenant_id: number;
  n: number;
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

/**
 * Counts opened conversations in this UTC month. Refuses with an error when a plan has not room for all of them: the
 * caller rolls back.
 */
export async function countConversations(sql: SqlRunner, opened: OpenedConversations[]): Promise<ApiError | undefined> {
  if (opened.length === 0) return undefined;
  // The upsert locks the counter's row; what it returns is the count with this group's conversations in it.
  const counted = await sql.query<{ current: number; maximum: number }>(
    'outbound_count_conversations',
    `WITH counted AS (
       INSERT INTO tenant_usage AS u (tenant_id, month, conversations)
       SELECT o.tenant_id, date_trunc('month', now())::date, o.n FROM unnest($1::int[], $2::int[]) AS o (tenant_id, n)
       ON CONFLICT (tenant_id, month) DO UPDATE SET conversations = u.conversations + EXCLUDED.conversations
       RETURNING u.tenant_id, u.conversations)
     SELECT c.conversations - o.n AS current, p.limit_conversations AS maximum
       FROM counted c
       JOIN unnest($1::int[], $2::int[]) AS o (tenant_id, n) ON o.tenant_id = c.tenant_id
       JOIN tenants t ON t.id = c.tenant_id
       JOIN plans p ON p.id = t.plan_id
      WHERE p.limit_conversations >= 0 AND c.conversations > p.limit_conversations`,
    [opened.map((row) => row.tenant_id), opened.map((row) => row.n)],
  );
  const refused = counted[0];
  return refused && featureLimitExceeded('conversations', refused.current, refused.maximum);
}
