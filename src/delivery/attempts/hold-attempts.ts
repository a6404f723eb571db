import { IS_UNWANTED, OPT_OUT_TITLES } from '../../contacts/opt-out/opt-states.js';
import type { SqlRunner } from '../../platform/database/postgres.js';
import { IS_HELD } from '../hold/hold-state.js';
import { PATIENCE } from '../lock-patience.js';

/** An attempt of ours that goes on. */
export interface RunningAttempt {
  messageId: number;
  attemptNo: number;
}

/**
 * What came of a submission: the request may be written; or the message is no longer this attempt's; or it is, and its
 * contact does not want it, as the text says.
 */
export type Submission = 'submitted' | 'gone' | { unwanted: string };

/*
 * The primary keys find message and attempt. A message that a status webhook or the recovery has moved on is not
 * `sending` under this attempt any more: the worker steps aside. While all delivery is held, no submission begins (its
 * claim lapses, and it is released again after the hold); one that has begun goes on. Nor does one of a message that is
 * of no use any more: it has expired, or its one-time code was replaced or verified.
 *
 * The contact's wish is read here, by the same statement that commits the submission: whoever opted out before it began
 * gets nothing, whatever was in a worker's hands by then. What nobody wants stays claimed, for its end.
 */
const HOLD = `
WITH ${PATIENCE},
i AS MATERIALIZED (
  SELECT u.* FROM patience, unnest($1::bigint[], $2::int[]) AS u (id, attempt_no)),
locked AS MATERIALIZED (
  SELECT m.id, m.attempt_no,
         CASE WHEN $4 = 'claimed' OR NOT coalesce(${IS_UNWANTED}, false) THEN NULL
              WHEN k.is_opted_out THEN '${OPT_OUT_TITLES.all}' ELSE '${OPT_OUT_TITLES.marketing}' END AS unwanted
    FROM i JOIN messages m ON m.id = i.id LEFT JOIN contacts k ON k.id = m.contact_id AND k.tenant_id = m.tenant_id
   WHERE m.attempt_no = i.attempt_no AND m.status = 'sending' AND m.attempt_state IN ('claimed', $4)
     AND (m.attempt_state <> 'claimed' OR $4 = 'claimed'
          OR (NOT ${IS_HELD} AND (m.expires_at IS NULL OR m.expires_at > now())))
   ORDER BY m.id FOR UPDATE OF m),
held AS (
  UPDATE messages m SET attempt_state = $4, next_at = now() + $3 * interval '1 second', updated_at = now()
    FROM locked l WHERE m.id = l.id AND l.unwanted IS NULL),
attempt AS (
  UPDATE attempts a SET state = $4, submitting_at = CASE WHEN $4 = 'submitting' THEN now() END
    FROM locked l WHERE a.message_id = l.id AND a.attempt_no = l.attempt_no AND $4 = 'submitting' AND l.unwanted IS NULL)
SELECT id, unwanted FROM locked`;

async function hold(
  sql: SqlRunner,
  state: 'claimed' | 'submitting',
  attempts: RunningAttempt[],
  leaseS: number,
): Promise<Submission[]> {
  const rows = await sql.query<{ id: number; unwanted: string | null }>(`delivery_hold_${state}`, HOLD, [
    attempts.map((attempt) => attempt.messageId),
    attempts.map((attempt) => attempt.attemptNo),
    leaseS,
    state,
  ]);
  const held = new Map(rows.map((row) => [row.id, row.unwanted]));
  return attempts.map(({ messageId }) => {
    const unwanted = held.get(messageId);
    if (unwanted === undefined) return 'gone';
    return unwanted === null ? 'submitted' : { unwanted };
  });
}

/**
 * The last word before the request is written: state `submitting`, with a lease that outlives the call's time-out.
 * Repeated for the same attempt while nothing was written, it extends the lease.
 */
export function submitAttempts(sql: SqlRunner, attempts: RunningAttempt[], leaseS: number): Promise<Submission[]> {
  return hold(sql, 'submitting', attempts, leaseS);
}

/** Keeps claimed messages claimed while something slow (an upload) goes on. False: no longer ours. */
export async function extendClaims(sql: SqlRunner, attempts: RunningAttempt[], leaseS: number): Promise<boolean[]> {
  return (await hold(sql, 'claimed', attempts, leaseS)).map((held) => held === 'submitted');
}
