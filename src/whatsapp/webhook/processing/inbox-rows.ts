import type { SqlRunner } from '../../../platform/database/postgres.js';
import type { ItemFault } from '../body/items.js';

/** A raw webhook that this transaction holds. */
export interface InboxRow {
  readonly id: number;
  readonly received_at: Date;
  readonly app_id: number | null;
  readonly body: Buffer;
  readonly request_id: string;
  /** How often it was worked on before. */
  readonly attempts: number;
}

/** Names a row: the table is partitioned by time. */
export type InboxKey = Pick<InboxRow, 'id' | 'received_at'>;

/** What became of a row. */
export interface RowResult {
  readonly row: InboxKey;
  /** Why it stays in the inbox; null when it is done. */
  readonly deferred: string | null;
  /** All items that could not be applied, of which `faults` tells the first few. */
  readonly faultCount: number;
  readonly faults: readonly ItemFault[];
}

/** Rows and bytes of one batch at most; a single larger row is a batch of its own. */
const BATCH_ROWS = 32;
const BATCH_BYTES = 1024 * 1024;

const COLUMNS = 'id, received_at, app_id, body, request_id, attempts';

/**
 * Takes the oldest unprocessed rows that no other processor holds (index webhook_inbox_unprocessed). One that was tried
 * n times before waits until it is n * n / 2 seconds old (half a second, 2 s, … half an hour after 60 tries), so that
 * it does not stand in the way of the others. Bodies beyond BATCH_BYTES are not read: their rows come free with the
 * transaction.
 */
export function claimRows(sql: SqlRunner): Promise<InboxRow[]> {
  return sql.query<InboxRow>(
    'webhook-inbox-claim',
    `WITH oldest AS MATERIALIZED (
       SELECT ${COLUMNS} FROM webhook_inbox
        WHERE processed_at IS NULL
          AND (attempts = 0 OR received_at <= now() - attempts * attempts * interval '0.5 seconds')
        ORDER BY received_at, id LIMIT ${BATCH_ROWS} FOR UPDATE SKIP LOCKED)
     SELECT ${COLUMNS}
       FROM (SELECT *, sum(octet_length(body)) OVER (ORDER BY received_at, id) - octet_length(body) AS bytes_before
               FROM oldest) measured
      WHERE bytes_before < ${BATCH_BYTES}
      ORDER BY received_at, id`,
  );
}

/** Takes those of the given rows that are still unprocessed and free. */
export function claimRowsAgain(sql: SqlRunner, keys: readonly InboxKey[]): Promise<InboxRow[]> {
  return sql.query<InboxRow>(
    'webhook-inbox-claim-again',
    `SELECT ${COLUMNS} FROM webhook_inbox
      WHERE processed_at IS NULL AND received_at BETWEEN $1 AND $2 AND id = ANY ($3)
      ORDER BY received_at, id FOR UPDATE SKIP LOCKED`,
    [...span(keys), keys.map((key) => key.id)],
  );
}

/** Writes what became of the rows. */
export async function finishRows(sql: SqlRunner, results: readonly RowResult[]): Promise<void> {
  const keys = results.map((result) => result.row);
  await sql.query(
    'webhook-inbox-finish',
    `UPDATE webhook_inbox w
        SET processed_at = CASE WHEN i.done THEN clock_timestamp() END,
            attempts = w.attempts + 1,
            item_errors = i.errors
       FROM unnest($3::bigint[], $4::timestamptz[], $5::boolean[], $6::jsonb[]) AS i (id, received_at, done, errors)
      WHERE w.id = i.id AND w.received_at = i.received_at AND w.received_at BETWEEN $1 AND $2`,
    [
      ...span(keys),
      keys.map((key) => key.id),
      keys.map((key) => key.received_at),
      results.map((result) => result.deferred === null),
      results.map(({ faultCount, faults }) =>
        faultCount > 0 ? JSON.stringify({ count: faultCount, first: faults }) : null,
      ),
    ],
  );
}

/** First and last time of the rows, so that other partitions are left alone. */
function span(keys: readonly InboxKey[]): [Date, Date] {
  const times = keys.map((key) => key.received_at.getTime());
  return [new Date(Math.min(...times)), new Date(Math.max(...times))];
}
