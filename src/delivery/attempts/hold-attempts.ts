import type { SqlRunner } from '../../platform/database/postgres.js';
import { IS_HELD } from '../hold/hold-state.js';
import { PATIENCE } from '../lock-patience.js';

/** An attempt of ours that goes on. */
export interface RunningAttempt {
  messageId: number;
  attemptNo: number;
}

/*
 * The primary keys find message and attempt. A message that a status webhook or the recovery has moved on is not
 * `sending` under this attempt any more: the worker steps aside. While all delivery is held, no submission begins (its
 * claim lapses, and it is released again after the hold); one that has begun goes on.
 */
const HOLD = `
WITH ${PATIENCE},
i AS MATERIALIZED (
  SELECT u.* FROM patience, unnest($1::bigint[], $2::int[]) AS u (id, attempt_no)),
locked AS MATERIALIZED (
  SELECT m.id, m.attempt_no
    FROM i JOIN messages m ON m.id = i.id
   WHERE m.attempt_no = i.attempt_no AND m.status = 'sending' AND m.attempt_state IN ('claimed', $4)
     AND (m.attempt_state <> 'claimed' OR $4 = 'claimed' OR NOT ${IS_HELD})
   ORDER BY m.id FOR UPDATE OF m),
held AS (
  UPDATE messages m SET attempt_state = $4, next_at = now() + $3 * interval '1 second', updated_at = now()
    FROM locked l WHERE m.id = l.id),
attempt AS (
  UPDATE attempts a SET state = $4, submitting_at = CASE WHEN $4 = 'submitting' THEN now() END
    FROM locked l WHERE a.message_id = l.id AND a.attempt_no = l.attempt_no AND $4 = 'submitting')
SELECT id FROM locked`;

async function hold(
  sql: SqlRunner,
  state: 'claimed' | 'submitting',
  attempts: RunningAttempt[],
  leaseS: number,
): Promise<boolean[]> {
  const rows = await sql.query<{ id: number }>(`delivery_hold_${state}`, HOLD, [
    attempts.map((attempt) => attempt.messageId),
    attempts.map((attempt) => attempt.attemptNo),
    leaseS,
    state,
  ]);
  const held = new Set(rows.map((row) => row.id));
  return attempts.map((attempt) => held.has(attempt.messageId));
}

/**
 * The last word before the request is written: state `submitting`, with a lease that outlives the call's time-out.
 * Repeated for the same attempt while nothing was written, it extends the lease. Answers false when the message is no
 * longer this attempt's to send.
 */
export function submitAttempts(sql: SqlRunner, attempts: RunningAttempt[], leaseS: number): Promise<boolean[]> {
  return hold(sql, 'submitting', attempts, leaseS);
}

/** Keeps claimed messages claimed while something slow (an upload) goes on. False: no longer ours. */
export function extendClaims(sql: SqlRunner, attempts: RunningAttempt[], leaseS: number): Promise<boolean[]> {
  return hold(sql, 'claimed', attempts, leaseS);
}
