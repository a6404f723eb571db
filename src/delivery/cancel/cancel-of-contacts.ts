import type { SqlRunner } from '../../platform/database/postgres.js';
import { MEDIA_LINK_DAYS } from '../status/advance-status.js';
import { IN_DOUBT } from './cancel-message.js';

/** `messages.error_code` of what cannot be called cancelled, and cannot be sent any more. */
export const CONTACT_DELETED = 'CONTACT_DELETED';
export const CONTACT_DELETED_TITLE = 'The contact was deleted';

/*
 * Index messages_contact. Also what a worker has claimed: it asks again by the statement that commits its submission,
 * finds that the message is not its own any more, and writes nothing. What is being written stays, and so does what a
 * hold has left in doubt; should one of those be released again, it ends as it has no recipient. A message whose outcome
 * was unknown once may have arrived, so it is failed, not cancelled.
 */
const CANCEL = `
WITH picked AS MATERIALIZED (
  SELECT m.id, m.attempt_no, m.unknown_at IS NOT NULL AS may_have_arrived
    FROM messages m
   WHERE m.tenant_id = $1 AND m.contact_id = ANY ($2::int[]) AND m.direction = 'outbound'
     AND m.status IN ('queued', 'sending') AND m.attempt_state IS DISTINCT FROM 'submitting' AND NOT ${IN_DOUBT}
   ORDER BY m.id FOR UPDATE OF m),
ended AS (
  UPDATE messages m
     SET status = CASE WHEN p.may_have_arrived THEN 'failed' ELSE 'cancelled' END,
         failed_at = CASE WHEN p.may_have_arrived THEN now() END,
         error_code = CASE WHEN p.may_have_arrived THEN '${CONTACT_DELETED}' END,
         error_title = CASE WHEN p.may_have_arrived THEN '${CONTACT_DELETED_TITLE}' END, error_details = NULL,
         next_at = NULL, attempt_state = NULL, held_by = NULL, updated_at = now()
    FROM picked p WHERE m.id = p.id
  RETURNING m.id, m.media_link_id),
attempt AS (
  UPDATE attempts a SET state = 'released', finished_at = now()
    FROM picked p WHERE a.message_id = p.id AND a.attempt_no = p.attempt_no AND a.state = 'claimed'),
links AS (
  UPDATE media_links l SET expires_at = now() + interval '${MEDIA_LINK_DAYS} days'
    FROM ended e WHERE l.id = e.media_link_id AND l.expires_at IS NULL)
SELECT count(*)::int AS cancelled FROM ended`;

/**
 * Cancels everything that has not left for contacts that are about to be deleted, and whose rows the caller has locked:
 * nothing new can come. @returns how many messages it ended
 */
export async function cancelOfContacts(
  sql: SqlRunner,
  tenantId: number,
  contactIds: readonly number[],
): Promise<number> {
  const [row] = await sql.query<{ cancelled: number }>('delivery_cancel_of_contacts', CANCEL, [tenantId, contactIds]);
  return row?.cancelled ?? 0;
}
