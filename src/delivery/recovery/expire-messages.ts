import type { SqlRunner } from '../../platform/database/postgres.js';
import { wakeLanes, type WokenMessage } from '../lanes/wake-lanes.js';
import { MEDIA_LINK_DAYS } from '../status/advance-status.js';

/*
 * Index messages_expiry. Only what is not in work can expire: a message that a worker has claimed is on its way, and
 * comes here when its claim lapses. Holds for paused numbers, too.
 */
const EXPIRE = `
WITH picked AS MATERIALIZED (
  SELECT id, attempt_no, attempt_state FROM messages
   WHERE status IN ('queued', 'sending') AND expires_at <= now()
     AND (attempt_state IS NULL OR (attempt_state = 'claimed' AND next_at <= now()))
   ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED),
expired AS (
  UPDATE messages m SET status = 'expired', next_at = NULL, attempt_state = NULL, updated_at = now()
    FROM picked p WHERE m.id = p.id
  RETURNING m.id, m.chat_id, m.priority, m.media_link_id),
attempt AS (
  UPDATE attempts a SET state = 'released', finished_at = now()
    FROM picked p WHERE a.message_id = p.id AND a.attempt_no = p.attempt_no AND a.state = p.attempt_state),
links AS (
  UPDATE media_links l SET expires_at = now() + interval '${MEDIA_LINK_DAYS} days'
    FROM expired e WHERE l.id = e.media_link_id AND l.expires_at IS NULL)
SELECT id, chat_id, priority FROM expired`;

/**
 * Ends what could not leave by its `expires_at`, at most `limit` messages; answers their ids, and the messages whose
 * turn in their lane came with that, to be handed to the workers. It waits for nobody's lock to expire them.
 */
export async function expireMessages(
  sql: SqlRunner,
  limit: number,
): Promise<{ expired: number[]; woken: WokenMessage[] }> {
  const rows = await sql.query<{ id: number; chat_id: number; priority: number }>('delivery_expire', EXPIRE, [limit]);
  const inLanes = rows.filter(({ priority }) => priority > 0);
  const woken = await wakeLanes(
    sql,
    inLanes.map(({ chat_id }) => chat_id),
  );
  return { expired: rows.map(({ id }) => id), woken };
}
