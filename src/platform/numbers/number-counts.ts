import type { SqlRunner } from '../database/postgres.js';

/** Backlogs are counted up to here; the page then says "10,000+". */
export const COUNTED_UP_TO = 10_000;
/** The used rate is the mean of so many seconds. */
export const RATE_WINDOW_S = 10;

/** What is counted of the numbers that are shown. */
export interface NumberCounts {
  /** Messages that wait to be sent or are in work, up to COUNTED_UP_TO. */
  backlog: number;
  /** Of the counted ones: those that wait for an earlier message of their chat, or for the messaging limit. */
  heldByLane: number;
  heldByTier: number;
  /** The newest failures. */
  errors: { code: string; text: string | null; at: Date }[];
  /** Calls to WhatsApp a second, over the last RATE_WINDOW_S. */
  usedPerSecond: number;
}

/*
 * Index messages_due, at most COUNTED_UP_TO rows of each number; index messages_failed for the errors. Index
 * attempts_number for the calls, which begin soon after their claim; the limit is twice of what WhatsApp ever allows.
 * Only for the numbers of one page.
 */
const COUNTS = `
SELECT n.id AS number_id, b.*, (
         SELECT coalesce(jsonb_agg(jsonb_build_object('code', f.error_code, 'text', coalesce(f.error_details, f.error_title),
                                                      'at', f.failed_at) ORDER BY f.failed_at DESC), '[]')
           FROM (SELECT m.error_code, m.error_details, m.error_title, m.failed_at FROM messages m
                  WHERE m.number_id = n.id AND m.status = 'failed' ORDER BY m.failed_at DESC NULLS LAST LIMIT 3) f) AS errors,
       (SELECT count(*)
          FROM (SELECT FROM attempts a
                 WHERE a.number_id = n.id AND a.claimed_at > now() - interval '${2 * RATE_WINDOW_S} seconds'
                   AND a.submitting_at > now() - interval '${RATE_WINDOW_S} seconds'
                 LIMIT ${2 * 1000 * RATE_WINDOW_S}) s) AS calls
  FROM unnest($1::int[]) AS n (id)
  CROSS JOIN LATERAL (
    SELECT count(*) AS backlog, count(*) FILTER (WHERE w.held_by = 'lane') AS by_lane,
           count(*) FILTER (WHERE w.held_by = 'tier') AS by_tier
      FROM (SELECT m.held_by FROM messages m
             WHERE m.number_id = n.id AND m.status IN ('queued', 'sending') AND m.next_at IS NOT NULL
             LIMIT $2) w) b`;

interface CountRow {
  number_id: number;
  calls: number;
  backlog: number;
  by_lane: number;
  by_tier: number;
  errors: { code: string; text: string | null; at: string }[];
}

/** Counts of these numbers, by id. */
export async function numberCounts(sql: SqlRunner, numberIds: number[]): Promise<Map<number, NumberCounts>> {
  const rows = await sql.query<CountRow>('number-counts', COUNTS, [numberIds, COUNTED_UP_TO]);
  return new Map(
    rows.map((row) => [
      row.number_id,
      {
        backlog: row.backlog,
        heldByLane: row.by_lane,
        heldByTier: row.by_tier,
        usedPerSecond: row.calls / RATE_WINDOW_S,
        errors: row.errors.map(({ code, text, at }) => ({ code, text, at: new Date(at) })),
      },
    ]),
  );
}

/*
 * Index messages_due, at most $2 rows of each number.
 */
const BACKLOGS = `
SELECT n.id AS number_id, (
         SELECT count(*)
           FROM (SELECT FROM messages m
                  WHERE m.number_id = n.id AND m.status IN ('queued', 'sending') AND m.next_at IS NOT NULL
                  LIMIT $2) w) AS backlog
  FROM unnest($1::int[]) AS n (id)`;

/** What waits of these numbers, by id, each counted up to `upTo`. */
export async function numberBacklogs(sql: SqlRunner, numberIds: number[], upTo: number): Promise<Map<number, number>> {
  const rows = await sql.query<{ number_id: number; backlog: number }>('number-backlogs', BACKLOGS, [numberIds, upTo]);
  return new Map(rows.map((row) => [row.number_id, row.backlog]));
}
