import type { SqlRunner } from '../../platform/database/postgres.js';
import { listPartitions, type Partition, type PartitionedTable } from './partition.js';

/** What is to become of the partitions that are old enough. */
export interface OldPartitions {
  /** Nothing in them is wanted any more, oldest first. Nothing can come to be: what makes it so does not turn back. */
  droppable: string[];
  /** Old enough, but with something that still waits for its end. */
  kept: string[];
}

const ENDED = `
SELECT p.name FROM unnest($1::text[], $2::timestamptz[]) AS p (name, ends)
 WHERE p.ends <= now() - make_interval(days => $3) ORDER BY p.ends`;

/* Index webhook_inbox_unprocessed. A row that was processed stays so, and new ones bear the present time. */
const UNPROCESSED = `
SELECT EXISTS (
  SELECT 1 FROM webhook_inbox WHERE processed_at IS NULL AND received_at >= $1 AND received_at < $2) AS found`;

/** Days of raw webhooks that ended more than `days` ago. One with a webhook that was not processed stays whole. */
export async function oldInboxPartitions(sql: SqlRunner, days: number): Promise<OldPartitions> {
  const old = await endedPartitions(sql, 'webhook_inbox', days);
  return sortOut(old, ({ from, to }) => isFound(sql, 'maintenance_unprocessed', UNPROCESSED, [from, to]));
}

/** Months of the audit trail that ended more than `days` ago. Nothing in them waits for anything. */
export async function oldAuditPartitions(sql: SqlRunner, days: number): Promise<OldPartitions> {
  const old = await endedPartitions(sql, 'audit', days);
  return { droppable: old.map(({ name }) => name), kept: [] };
}

/** Partitions that ended more than `days` ago, oldest first. */
export async function endedPartitions(sql: SqlRunner, table: PartitionedTable, days: number): Promise<Partition[]> {
  const all = await listPartitions(sql, table);
  const bounds = [all.map(({ name }) => name), all.map(({ to }) => to), days];
  const ended = await sql.query<{ name: string }>('maintenance_ended', ENDED, bounds);
  return ended.flatMap(({ name }) => all.filter((partition) => partition.name === name));
}

/*
 * Whether a range of message ids is closed and old: a message of a later range is more than a day old, so no
 * transaction can still insert into this one, and the range's newest message, if it has any left, is older than the
 * retention. Ids rise with time, but for the seconds of a transaction. Index: messages_pkey, one probe each.
 */
const CLOSED_AND_OLD = `
SELECT EXISTS (SELECT 1 FROM (SELECT created_at FROM messages WHERE id >= $2 ORDER BY id LIMIT 1) AS following
                WHERE following.created_at < now() - interval '1 day')
   AND NOT EXISTS (SELECT 1 FROM (SELECT created_at FROM messages WHERE id >= $1 AND id < $2 ORDER BY id DESC LIMIT 1) AS newest
                    WHERE newest.created_at >= now() - make_interval(days => $3)) AS found`;

/*
 * Messages that still wait for their end: an attempt of theirs may be written yet. A message that has come to an end
 * never gets another attempt. Indexes: messages_expiry, messages_unknown.
 */
const OPEN = `
SELECT EXISTS (SELECT 1 FROM messages WHERE status IN ('queued', 'sending') AND id >= $1 AND id < $2)
    OR EXISTS (SELECT 1 FROM messages WHERE status = 'unknown' AND id >= $1 AND id < $2) AS found`;

/** Ranges of attempts whose messages are all gone, or ended and older than `days`. */
export async function oldAttemptPartitions(sql: SqlRunner, days: number): Promise<OldPartitions> {
  const all = await listPartitions(sql, 'attempts');
  const old: Partition[] = [];
  for (const partition of all.sort((a, b) => Number(a.from) - Number(b.from))) {
    const { from, to } = partition;
    if (await isFound(sql, 'maintenance_closed_range', CLOSED_AND_OLD, [from, to, days])) old.push(partition);
  }
  return sortOut(old, ({ from, to }) => isFound(sql, 'maintenance_open_messages', OPEN, [from, to]));
}

/** Keeps those that are still wanted. */
export async function sortOut(
  old: Partition[],
  isWanted: (partition: Partition) => Promise<boolean>,
): Promise<OldPartitions> {
  const result: OldPartitions = { droppable: [], kept: [] };
  for (const partition of old) {
    ((await isWanted(partition)) ? result.kept : result.droppable).push(partition.name);
  }
  return result;
}

/** The answer of a question for `found`. */
export async function isFound(sql: SqlRunner, name: string, text: string, parameters: unknown[]): Promise<boolean> {
  const [row] = await sql.query<{ found: boolean }>(name, text, parameters);
  return row?.found === true;
}
