import type { SqlRunner } from '../../platform/database/postgres.js';
import { IS_HELD } from '../hold/hold-state.js';

/** A number's messages of one priority, and when the first of them is to be looked at. */
export interface DueNumber {
  numberId: number;
  priority: number;
  ratePerSecond: number;
  /** When the number was resumed last. */
  resumedAt: Date | null;
  /** The number is paused, or all delivery is held. */
  paused: boolean;
  /** Milliseconds until its first message is due; not positive: now. By the database's clock. */
  dueInMs: number;
}

/*
 * Index messages_due, one probe for each pair of number and priority that has anything to release at all: a number
 * with a million rows costs as much as one with a single row.
 */
const DUE_NUMBERS = `
WITH RECURSIVE pair AS (
  (SELECT number_id, priority, next_at FROM messages
    WHERE status IN ('queued', 'sending') AND next_at IS NOT NULL
    ORDER BY number_id, priority, next_at, id LIMIT 1)
  UNION ALL
  SELECT following.* FROM pair p CROSS JOIN LATERAL (
    SELECT m.number_id, m.priority, m.next_at FROM messages m
     WHERE m.status IN ('queued', 'sending') AND m.next_at IS NOT NULL
       AND (m.number_id, m.priority) > (p.number_id, p.priority)
     ORDER BY m.number_id, m.priority, m.next_at, m.id LIMIT 1) AS following)
SELECT p.number_id, p.priority, n.rate_per_second, n.resumed_at,
       n.paused_at IS NOT NULL OR ${IS_HELD} AS paused,
       (extract(epoch FROM p.next_at - now()) * 1000)::float8 AS due_in_ms
  FROM pair p JOIN phone_numbers n ON n.id = p.number_id
 ORDER BY p.number_id, p.priority`;

interface DueNumberRow {
  number_id: number;
  priority: number;
  rate_per_second: number;
  resumed_at: Date | null;
  paused: boolean;
  due_in_ms: number;
}

/** Every number with something to release, now or later; by number, then by priority. */
export async function dueNumbers(sql: SqlRunner): Promise<DueNumber[]> {
  const rows = await sql.query<DueNumberRow>('delivery_due_numbers', DUE_NUMBERS);
  return rows.map((row) => ({
    numberId: row.number_id,
    priority: row.priority,
    ratePerSecond: row.rate_per_second,
    resumedAt: row.resumed_at,
    paused: row.paused,
    dueInMs: row.due_in_ms,
  }));
}
