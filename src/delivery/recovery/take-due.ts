import type { SqlRunner } from '../../platform/database/postgres.js';
import { wakeLanes, type WokenMessage } from '../lanes/wake-lanes.js';
import { MEDIA_LINK_DAYS } from '../status/advance-status.js';

/** What became of the rows whose time had come. */
export interface TakenRows {
  /** Their number. */
  taken: number;
  /** Those that are released now, under their new generation, by id. `recipient`: digits, or a WhatsApp user id. */
  released: { id: number; generation: number; recipient: string }[];
  /** Messages whose turn in their lane came with the end of others: to be handed to the workers. */
  woken: WokenMessage[];
}

/** How soon a row is looked at again when the message before it was in somebody else's hands, milliseconds. */
const LOOK_AGAIN_MS = 50;

/*
 * Index messages_due: one range of it, in sending order. A row that another feeder has just locked is its business.
 *
 * - nobody has it in work, or its claim lapsed (the worker died before the request was written): released again, under
 *   a new generation, as one that was released before (priority 4);
 * - its submission lapsed: the request may have left, so it is `unknown`; unless WhatsApp has reported that it refused
 *   it for a reason that may pass (its code stands with the attempt): that was a retry, so it is released again;
 * - it could not leave in time: `expired`.
 *
 * For a paused number only lapsed submissions are taken: everything else waits.
 *
 * What was never attempted before (a scheduled message, or one whose release lapsed) waits for the earlier messages of
 * its lane, until its hold is over: one probe of index messages_lane for each such row. The message that is waited for
 * is locked, so that its end comes after this commit and finds who waits. When somebody else has it locked, its end may
 * be under way: then the row is looked at again in a moment, rather than waiting with locked rows in hand.
 */
const TAKE_DUE = `
WITH picked AS MATERIALIZED (
  SELECT id, attempt_no, attempt_state, chat_id, due_at, refused,
         status = 'queued' AND attempt_no = 0 AND priority > 0
           AND due_at + $6 * interval '1 second' > now() AS in_order,
         CASE WHEN attempt_state = 'submitting' AND NOT refused THEN 'unknown'
              WHEN expires_at <= now() THEN 'expired'
              ELSE 'again' END AS fate
    FROM messages m
   CROSS JOIN LATERAL (
     SELECT m.attempt_state = 'submitting' AND EXISTS (
              SELECT FROM attempts a
               WHERE a.message_id = m.id AND a.attempt_no = m.attempt_no AND a.state = 'submitting'
                 AND a.error_code IS NOT NULL) AS refused) report
   WHERE number_id = $1 AND priority = $2 AND status IN ('queued', 'sending') AND next_at <= now()
     AND (NOT $5 OR attempt_state = 'submitting')
   ORDER BY next_at, id LIMIT $3 FOR UPDATE OF m SKIP LOCKED),
ahead AS MATERIALIZED (
  SELECT p.id, earlier.id AS head_id
    FROM picked p
   CROSS JOIN LATERAL (
     SELECT m.id FROM messages m
      WHERE m.chat_id = p.chat_id AND m.status IN ('queued', 'sending') AND m.priority > 0
        AND (m.due_at, m.id) < (p.due_at, p.id)
      ORDER BY m.due_at, m.id LIMIT 1) AS earlier
   WHERE p.in_order AND p.fate = 'again'),
heads AS MATERIALIZED (
  SELECT m.id FROM messages m
   WHERE m.id = ANY (ARRAY(SELECT head_id FROM ahead)) AND m.status IN ('queued', 'sending') FOR SHARE SKIP LOCKED),
judged AS MATERIALIZED (
  SELECT p.id, p.attempt_no, p.attempt_state, p.refused,
         CASE WHEN a.id IS NULL THEN p.fate WHEN h.id IS NULL THEN 'look again' ELSE 'held' END AS fate
    FROM picked p LEFT JOIN ahead a ON a.id = p.id LEFT JOIN heads h ON h.id = a.head_id),
taken AS (
  UPDATE messages m
     SET status = CASE WHEN p.fate IN ('unknown', 'expired') THEN p.fate ELSE m.status END,
         generation = m.generation + (p.fate = 'again')::int,
         held_by = CASE p.fate WHEN 'held' THEN 'lane' END,
         next_at = CASE p.fate WHEN 'again' THEN now() + $4 * interval '1 second'
                               WHEN 'held' THEN m.due_at + $6 * interval '1 second'
                               WHEN 'look again' THEN now() + ${LOOK_AGAIN_MS} * interval '1 millisecond' END,
         unknown_at = CASE WHEN p.fate = 'unknown' THEN now() ELSE m.unknown_at END,
         retries = m.retries + coalesce(p.refused, false)::int,
         priority = CASE WHEN p.fate = 'again' THEN least(m.priority, 4) ELSE m.priority END,
         attempt_state = NULL, updated_at = now()
    FROM judged p
   WHERE m.id = p.id
  RETURNING m.id, m.generation, coalesce(m.phone, m.recipient_user_id, '') AS recipient, m.chat_id, m.priority,
            m.media_link_id, p.fate),
attempt AS (
  UPDATE attempts a
     SET state = CASE WHEN p.fate = 'unknown' THEN 'unknown' WHEN p.refused THEN 'refused' ELSE 'released' END,
         finished_at = now()
    FROM judged p
   WHERE a.message_id = p.id AND a.attempt_no = p.attempt_no AND a.state = p.attempt_state),
links AS (
  UPDATE media_links l SET expires_at = now() + interval '${MEDIA_LINK_DAYS} days'
    FROM taken t WHERE l.id = t.media_link_id AND l.expires_at IS NULL AND t.fate = 'expired')
SELECT id, generation, recipient, chat_id, priority, fate FROM taken ORDER BY id`;

export interface TakeDue {
  numberId: number;
  priority: number;
  paused: boolean;
  limit: number;
  /** How long a release may take until it is taken for lost, seconds. */
  leaseS: number;
  /** How long a message waits for the earlier ones of its lane at most, seconds. */
  orderHoldS: number;
}

interface TakenRow {
  id: number;
  generation: number;
  recipient: string;
  chat_id: number;
  priority: number;
  fate: 'again' | 'held' | 'look again' | 'unknown' | 'expired';
}

/**
 * Takes the due rows of one number and priority, at most `limit`, in one statement; a second one follows when lanes go
 * on with that. It waits for nobody's lock.
 */
export async function takeDue(sql: SqlRunner, options: TakeDue): Promise<TakenRows> {
  const { numberId, priority, paused, limit, leaseS, orderHoldS } = options;
  const parameters = [numberId, priority, limit, leaseS, paused, orderHoldS];
  const rows = await sql.query<TakenRow>('delivery_take_due', TAKE_DUE, parameters);
  // What is held here may be waited for by another that a clock put before it: the first of a lane never waits.
  const wakes = rows.filter((row) => row.priority > 0 && ['held', 'unknown', 'expired'].includes(row.fate));
  const chatIds = wakes.map(({ chat_id }) => chat_id);
  const released = rows.filter(({ fate }) => fate === 'again');
  return {
    taken: rows.length,
    released: released.map(({ id, generation, recipient }) => ({ id, generation, recipient })),
    woken: await wakeLanes(sql, chatIds),
  };
}
