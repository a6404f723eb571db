import type { SqlRunner } from '../../platform/database/postgres.js';
import type { ReleasableMessage } from '../../platform/queue/delivery-release.js';

/** A message that the end of the one before it in its lane has released, in Postgres, under a new generation. */
export type WokenMessage = ReleasableMessage;

interface WokenRow {
  id: number;
  generation: number;
  number_id: number;
  rate_per_second: number;
  resumed_at: Date | null;
  recipient: string;
  priority: number;
}

/**
 * Releases the next message of each chat's lane, when it is one that waits for its turn; changes nothing else, however
 * often it is called. To be called for the chats of messages that have come to an outcome (sent, failed, unknown,
 * expired, cancelled), in a statement after the one that ended them: only that one sees what was appended to the lane
 * until then. In the same transaction nothing gets lost; after it, {@link sweepLanes} finds what died in between. Hand
 * what comes back to `WokenMessages` after the commit.
 * @param options.waits for rows that somebody else has locked, 200 ms at most; else it passes them over
 */
export async function wakeLanes(
  sql: SqlRunner,
  chatIds: readonly number[],
  { waits }: { waits: boolean } = { waits: true },
): Promise<WokenMessage[]> {
  if (chatIds.length === 0) return [];
  const rows = await sql.query<WokenRow>('delivery_wake_lanes', 'SELECT * FROM wake_lanes($1::int[], $2) ORDER BY id', [
    [...new Set(chatIds)].sort((a, b) => a - b),
    waits,
  ]);
  return rows.map((row) => ({
    id: row.id,
    generation: row.generation,
    numberId: row.number_id,
    ratePerSecond: row.rate_per_second,
    resumedAt: row.resumed_at,
    recipient: row.recipient,
    priority: row.priority,
  }));
}

/** Index messages_held, one probe for each lane with somebody waiting. */
const LANES_AFTER = `
WITH RECURSIVE lanes (chat_id, n) AS (
  (SELECT chat_id, 1 FROM messages WHERE held_by = 'lane' AND status = 'queued' AND chat_id > $1
    ORDER BY chat_id LIMIT 1)
  UNION ALL
  SELECT (SELECT m.chat_id FROM messages m
           WHERE m.held_by = 'lane' AND m.status = 'queued' AND m.chat_id > l.chat_id ORDER BY m.chat_id LIMIT 1),
         l.n + 1
    FROM lanes l WHERE l.chat_id IS NOT NULL AND l.n < $2)
SELECT chat_id FROM lanes WHERE chat_id IS NOT NULL`;

/**
 * Wakes lanes whose first message still waits, because the process that ended the one before it died on the way.
 * Looks at `limit` lanes, those behind chat `after`; answers the chat to go on from, null at the end.
 */
export async function sweepLanes(
  sql: SqlRunner,
  after: number,
  limit: number,
): Promise<{ woken: WokenMessage[]; next: number | null }> {
  const rows = await sql.query<{ chat_id: number }>('delivery_lanes_after', LANES_AFTER, [after, limit]);
  const chatIds = rows.map(({ chat_id }) => chat_id);
  const next = chatIds.length < limit ? null : (chatIds.at(-1) ?? null);
  return { woken: await wakeLanes(sql, chatIds, { waits: false }), next };
}
