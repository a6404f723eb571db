import type { SqlRunner } from '../database/postgres.js';

/** What waits to be sent. */
export interface OutboxBacklog {
  /** Queued and due. */
  due: number;
  /** Queued for later. */
  scheduled: number;
  sending: number;
  /** How long the oldest due message has been due, seconds; 0 when none is. */
  oldestAge: number;
}

/*
 * Index messages_due (partial: only what waits), so the cost follows the backlog, not the table. It is read in no
 * useful order, so of a longer backlog the counted rows may be the newest; hence also the first row of each number and
 * priority (a lane), one probe each.
 */
const BACKLOG = `
WITH RECURSIVE lane AS (
  (SELECT number_id, priority FROM messages
    WHERE status IN ('queued', 'sending') AND next_at IS NOT NULL
    ORDER BY number_id, priority, next_at, id LIMIT 1)
  UNION ALL
  SELECT following.* FROM lane CROSS JOIN LATERAL (
    SELECT m.number_id, m.priority FROM messages m
     WHERE m.status IN ('queued', 'sending') AND m.next_at IS NOT NULL
       AND (m.number_id, m.priority) > (lane.number_id, lane.priority)
     ORDER BY m.number_id, m.priority, m.next_at, m.id LIMIT 1) AS following),
head AS (
  SELECT first.due_at FROM lane CROSS JOIN LATERAL (
    SELECT m.due_at FROM messages m
     WHERE m.number_id = lane.number_id AND m.priority = lane.priority
       AND m.status IN ('queued', 'sending') AND m.status = 'queued' AND m.next_at IS NOT NULL
     ORDER BY m.next_at, m.id LIMIT 1) AS first),
waiting AS (
  SELECT status, due_at FROM messages
   WHERE status IN ('queued', 'sending') AND next_at IS NOT NULL LIMIT $1)
SELECT count(*) FILTER (WHERE status = 'queued' AND due_at <= now()) AS due,
       count(*) FILTER (WHERE status = 'queued' AND due_at > now()) AS scheduled,
       count(*) FILTER (WHERE status = 'sending') AS sending,
       coalesce(greatest(0, extract(epoch FROM now() - least(
         min(due_at) FILTER (WHERE status = 'queued'), (SELECT min(due_at) FROM head)))), 0)::float8 AS "oldestAge"
  FROM waiting`;

/**
 * Counts what waits, up to `countedUpTo` messages in all. The age is exact for so many; of a longer backlog it is that
 * of the message that is released next, which may be younger than the oldest by a release lease.
 */
export async function outboxBacklog(sql: SqlRunner, countedUpTo: number): Promise<OutboxBacklog> {
  const [backlog] = await sql.query<OutboxBacklog>('metrics:outbox', BACKLOG, [countedUpTo]);
  if (!backlog) throw new Error('An aggregate answered no row');
  return backlog;
}
