import type { SqlRunner } from '../../platform/database/postgres.js';
import { MEDIA_LINK_DAYS } from '../status/advance-status.js';

/**
 * What became of a wish to cancel a message. too_late: it has left, is about to, or has come to its end. in_doubt: all
 * delivery is held and the message is older than the hold: it may have gone out after the backup that was restored.
 */
export type Cancellation =
  { kind: 'cancelled'; chatId: number } | { kind: 'too_late'; status: string } | { kind: 'in_doubt' };

/** SQL: as `releaseRestored` sees it, what a hold leaves in doubt until it is released. */
export const IN_DOUBT = `EXISTS (SELECT FROM delivery_hold h WHERE m.created_at < h.held_at AND m.due_at <= h.held_at)`;

/*
 * Primary key. Only what nobody has in work: a claim is a worker on its way to WhatsApp, unless it lapsed, which gives
 * the message back. Claim and cancellation both change the row under these conditions, so one of them finds that it
 * came second. A message whose outcome was unknown once may have arrived by an earlier attempt; it cannot be called
 * cancelled, although it waits to be sent again.
 */
const CANCEL = `
WITH cancelled AS (
  UPDATE messages m
     SET status = 'cancelled', next_at = NULL, attempt_state = NULL, held_by = NULL, updated_at = now()
   WHERE m.id = $2 AND m.tenant_id = $1 AND m.direction = 'outbound' AND m.status IN ('queued', 'sending')
     AND (m.attempt_state IS NULL OR (m.attempt_state = 'claimed' AND m.next_at <= now()))
     AND m.unknown_at IS NULL AND NOT ${IN_DOUBT}
  RETURNING m.id, m.chat_id, m.attempt_no, m.media_link_id),
attempt AS (
  UPDATE attempts a SET state = 'released', finished_at = now()
    FROM cancelled c WHERE a.message_id = c.id AND a.attempt_no = c.attempt_no AND a.state = 'claimed'),
links AS (
  UPDATE media_links l SET expires_at = now() + interval '${MEDIA_LINK_DAYS} days'
    FROM cancelled c WHERE l.id = c.media_link_id AND l.expires_at IS NULL)
SELECT chat_id FROM cancelled`;

const WHY_NOT = `
SELECT m.status, m.status IN ('queued', 'sending') AND ${IN_DOUBT} AS in_doubt
  FROM messages m WHERE m.id = $2 AND m.tenant_id = $1`;

/** Cancels one message of the tenant; undefined: there is none with this id. */
export async function cancelMessage(sql: SqlRunner, tenantId: number, id: number): Promise<Cancellation | undefined> {
  const [row] = await sql.query<{ chat_id: number }>('delivery_cancel', CANCEL, [tenantId, id]);
  if (row) return { kind: 'cancelled', chatId: row.chat_id };
  const [found] = await sql.query<{ status: string; in_doubt: boolean }>('delivery_cancel_why_not', WHY_NOT, [
    tenantId,
    id,
  ]);
  return found && (found.in_doubt ? { kind: 'in_doubt' } : { kind: 'too_late', status: found.status });
}
