import type { SqlRunner } from '../../platform/database/postgres.js';
import { MEDIA_LINK_DAYS } from '../status/advance-status.js';

/** What became of a row whose time had come. */
export interface TakenRow {
  id: number;
  /** Of the new release; null when the message is not to be released. */
  generation: number | null;
  /** Digits, or a WhatsApp user id. */
  recipient: string;
}

/*
 * Index messages_due: one range of it, in sending order. A row that another feeder has just locked is its business.
 *
 * - nobody has it in work, or its claim lapsed (the worker died before the request was written): released again, under
 *   a new generation, as one that was released before (priority 4);
 * - its submission lapsed: the request may have left, so it is `unknown`;
 * - it could not leave in time: `expired`.
 *
 * For a paused number only lapsed submissions are taken: everything else waits. What holds single rows back beside
 * that (the order within a lane, a messaging tier that is used up) narrows `picked`.
 */
const TAKE_DUE = `
WITH picked AS MATERIALIZED (
  SELECT id, attempt_no, attempt_state,
         CASE WHEN attempt_state = 'submitting' THEN 'unknown'
              WHEN expires_at <= now() THEN 'expired'
              ELSE 'again' END AS fate
    FROM messages
   WHERE number_id = $1 AND priority = $2 AND status IN ('queued', 'sending') AND next_at <= now()
     AND (NOT $5 OR attempt_state = 'submitting')
   ORDER BY next_at, id LIMIT $3 FOR UPDATE SKIP LOCKED),
taken AS (
  UPDATE messages m
     SET status = CASE p.fate WHEN 'again' THEN m.status ELSE p.fate END,
         generation = m.generation + (p.fate = 'again')::int,
         next_at = CASE WHEN p.fate = 'again' THEN now() + $4 * interval '1 second' END,
         unknown_at = CASE WHEN p.fate = 'unknown' THEN now() ELSE m.unknown_at END,
         attempt_state = NULL, priority = least(m.priority, 4), updated_at = now()
    FROM picked p
   WHERE m.id = p.id
  RETURNING m.id, m.generation, coalesce(m.phone, m.recipient_user_id, '') AS recipient, m.media_link_id, p.fate),
attempt AS (
  UPDATE attempts a SET state = CASE p.fate WHEN 'unknown' THEN 'unknown' ELSE 'released' END, finished_at = now()
    FROM picked p
   WHERE a.message_id = p.id AND a.attempt_no = p.attempt_no AND a.state = p.attempt_state),
links AS (
  UPDATE media_links l SET expires_at = now() + interval '${MEDIA_LINK_DAYS} days'
    FROM taken t WHERE l.id = t.media_link_id AND l.expires_at IS NULL AND t.fate = 'expired')
SELECT t.id, CASE WHEN t.fate = 'again' THEN t.generation END AS generation, t.recipient
  FROM taken t ORDER BY t.id`;

export interface TakeDue {
  numberId: number;
  priority: number;
  paused: boolean;
  limit: number;
  /** How long a release may take until it is taken for lost, seconds. */
  leaseS: number;
}

/** Takes the due rows of one number and priority, at most `limit`, in one statement. */
export function takeDue(sql: SqlRunner, { numberId, priority, paused, limit, leaseS }: TakeDue): Promise<TakenRow[]> {
  return sql.query<TakenRow>('delivery_take_due', TAKE_DUE, [numberId, priority, limit, leaseS, paused]);
}
