import type { SqlRunner } from '../../platform/database/postgres.js';
import { advanceStatuses, type AdvanceResult, type StatusChange } from './advance-status.js';
import { endUnwanted } from './end-unwanted.js';
import type { ReportedStatus } from './message-status.js';
import { closeWindows, refusalOf, stopMarketing } from './recipient-refusals.js';

/** WhatsApp repeats a webhook for 7 days; a status whose wamid never appeared by then belongs to nothing of ours. */
const KEPT_DAYS = 8;

/** Keeps statuses whose wamid is not known yet. Repeats are kept once. */
export async function parkStatuses(sql: SqlRunner, changes: readonly StatusChange[]): Promise<void> {
  if (changes.length === 0) return;
  await sql.query(
    'delivery_park_statuses',
    `INSERT INTO parked_statuses (number_id, wamid, status, occurred_at, detail)
     SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::timestamptz[], $5::jsonb[])
         AS u (number_id, wamid, status, occurred_at, detail)
      ORDER BY number_id, wamid, status
     ON CONFLICT (number_id, wamid, status) DO NOTHING`,
    [
      changes.map((change) => change.numberId),
      changes.map((change) => change.wamid),
      changes.map((change) => change.status),
      changes.map((change) => change.occurredAt),
      changes.map((change) => JSON.stringify(change.error ? { error: change.error } : {})),
    ],
  );
}

interface ParkedRow {
  number_id: number;
  wamid: string;
  status: ReportedStatus;
  occurred_at: Date;
  detail: { error?: StatusChange['error'] };
}

const changeOf = (row: ParkedRow): StatusChange => ({
  numberId: row.number_id,
  wamid: row.wamid,
  status: row.status,
  occurredAt: row.occurred_at,
  error: row.detail.error,
});

/** Rows are locked in the order contacts, chats, messages. */
async function applyTaken(sql: SqlRunner, changes: StatusChange[]): Promise<AdvanceResult> {
  const refusals = changes.flatMap(refusalOf);
  const unwilling = await stopMarketing(sql, refusals);
  await closeWindows(sql, refusals);
  const { changed, unmatched, woken } = await advanceStatuses(sql, changes);
  const unwanted = await endUnwanted(sql, unwilling);
  return { changed: [...changed, ...unwanted.changed], unmatched, woken: [...woken, ...unwanted.woken] };
}

/** Applies what is parked for wamids that were stored just now, in the same transaction. */
export async function applyParkedStatuses(
  sql: SqlRunner,
  stored: readonly { numberId: number; wamid: string }[],
): Promise<AdvanceResult> {
  if (stored.length === 0) return { changed: [], unmatched: [], woken: [] };
  const rows = await sql.query<ParkedRow>(
    'delivery_take_parked',
    `DELETE FROM parked_statuses p
      USING unnest($1::int[], $2::text[]) AS u (number_id, wamid)
      WHERE p.number_id = u.number_id AND p.wamid = u.wamid
     RETURNING p.number_id, p.wamid, p.status, p.occurred_at, p.detail`,
    [stored.map(({ numberId }) => numberId), stored.map(({ wamid }) => wamid)],
  );
  return applyTaken(sql, rows.map(changeOf));
}

/**
 * Applies statuses that were parked in the very moment in which their wamid was stored, so that neither side saw the
 * other; drops those that nothing will ever claim. At most `limit` at a time.
 */
export async function sweepParkedStatuses(sql: SqlRunner, limit: number): Promise<AdvanceResult> {
  const rows = await sql.query<ParkedRow>(
    'delivery_sweep_parked',
    `WITH known AS (
       SELECT p.number_id, p.wamid, p.status
         FROM parked_statuses p
         JOIN messages m ON m.number_id = p.number_id AND m.wamid = p.wamid
        -- The moment lasts seconds; older ones wait for a wamid of their own (index parked_statuses_age).
        WHERE p.created_at > now() - interval '10 minutes'
        ORDER BY p.number_id, p.wamid, p.status LIMIT $1 FOR UPDATE OF p SKIP LOCKED)
     DELETE FROM parked_statuses p USING known k
      WHERE p.number_id = k.number_id AND p.wamid = k.wamid AND p.status = k.status
     RETURNING p.number_id, p.wamid, p.status, p.occurred_at, p.detail`,
    [limit],
  );
  await sql.query(
    'delivery_drop_parked',
    `DELETE FROM parked_statuses WHERE created_at < now() - interval '${KEPT_DAYS} days'`,
  );
  return applyTaken(sql, rows.map(changeOf));
}
