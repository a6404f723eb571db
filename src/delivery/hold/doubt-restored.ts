import type { SqlRunner } from '../../platform/database/postgres.js';

/** Where a walk over the outbox stands: the columns of index messages_due, as text. */
interface Position {
  number_id: number;
  priority: number;
  next_at: string;
  id: number;
}

const START: Position = { number_id: 0, priority: -1, next_at: '-infinity', id: 0 };

/*
 * Index messages_due, walked in its own order, so that a step costs its rows however long the outbox is. What may have
 * gone out after the backup: accepted before the hold, its time come before the hold, in whatever state of work the
 * backup has it. A message that is scheduled for later than the hold cannot have left; it stays.
 */
const DOUBT_OUTBOX = `
WITH step AS MATERIALIZED (
  SELECT id, number_id, priority, next_at, created_at, due_at
    FROM messages
   WHERE status IN ('queued', 'sending') AND next_at IS NOT NULL
     AND (number_id, priority, next_at, id) > ($2::int, $3::smallint, $4::timestamptz, $5::bigint)
   ORDER BY number_id, priority, next_at, id LIMIT $6),
picked AS MATERIALIZED (
  SELECT m.id, m.attempt_no, m.attempt_state
    FROM step s JOIN messages m ON m.id = s.id
   WHERE s.created_at < $1 AND s.due_at <= $1 AND m.status IN ('queued', 'sending')
   ORDER BY m.id FOR UPDATE OF m),
doubted AS (
  UPDATE messages m
     SET status = 'unknown', unknown_at = now(), next_at = NULL, attempt_state = NULL, held_by = NULL, updated_at = now()
    FROM picked p WHERE m.id = p.id
  RETURNING m.id),
attempt AS (
  UPDATE attempts a SET state = 'unknown', finished_at = now()
    FROM picked p WHERE a.message_id = p.id AND a.attempt_no = p.attempt_no AND a.state = p.attempt_state)
SELECT (SELECT count(*)::int FROM doubted) AS doubted, s.number_id, s.priority, s.next_at::text AS next_at, s.id
  FROM step s ORDER BY s.number_id DESC, s.priority DESC, s.next_at DESC, s.id DESC LIMIT 1`;

/*
 * Index messages_unknown. What was unknown in the backup begins its wait anew: the time in which WhatsApp's word was
 * heard by nobody does not count as silence.
 */
const WAIT_ANEW = `
WITH picked AS MATERIALIZED (
  SELECT id FROM messages WHERE status = 'unknown' AND unknown_at < $1 ORDER BY unknown_at LIMIT $2 FOR UPDATE)
UPDATE messages m SET unknown_at = now(), updated_at = now() FROM picked p WHERE m.id = p.id RETURNING m.id`;

/**
 * For a restored backup: makes `unknown` what was accepted before `heldAt` and may have gone out since, and lets what
 * was unknown already wait anew. In small steps, each a transaction of its own; doing it again finishes what a crash
 * left. Only while delivery is held: nothing else may move these messages.
 * @returns how many messages became `unknown`
 */
export async function doubtRestored(sql: SqlRunner, heldAt: Date, stepRows = 500): Promise<number> {
  let doubted = 0;
  let position: Position | undefined = START;
  while (position) {
    const rows: (Position & { doubted: number })[] = await sql.query('delivery_doubt_outbox', DOUBT_OUTBOX, [
      heldAt,
      position.number_id,
      position.priority,
      position.next_at,
      position.id,
      stepRows,
    ]);
    [position] = rows;
    doubted += rows[0]?.doubted ?? 0;
  }
  let waiting: number;
  do {
    waiting = (await sql.query('delivery_doubt_wait_anew', WAIT_ANEW, [heldAt, stepRows])).length;
  } while (waiting === stepRows);
  return doubted;
}
