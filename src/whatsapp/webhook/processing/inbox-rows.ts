import type { SqlRunner } from '../../../platform/database/postgres.js';
import type { ItemFault } from '../body/items.js';

/** A raw webhook of the inbox. */
export interface InboxRow {
  readonly id: number;
  readonly received_at: Date;
  readonly app_id: number | null;
  readonly body: Buffer;
  readonly request_id: string;
  /** How often it was worked on before. */
  readonly attempts: number;
  /** Places of the items that are applied already; null for none. */
  readonly applied_items: readonly string[] | null;
}

/** Names a row: the table is partitioned by time. */
export type InboxKey = Pick<InboxRow, 'id' | 'received_at'>;

/** What became of a row. */
export interface RowResult {
  readonly row: InboxKey;
  /** Why it stays in the inbox; null when it is done. */
  readonly deferred: string | null;
  /** It stays because of a lock that nobody waited for in earnest: it is due at once, among the deferred ones. */
  readonly handedOver: boolean;
  /** Places of all items that are applied, now or before. */
  readonly applied: readonly string[];
  /** WhatsApp's ids of the accounts whose items are not applied yet, when the row stays. */
  readonly waitingAccounts: ReadonlySet<string>;
  /** All items that could not be applied, of which `faults` tells the first few. */
  readonly faultCount: number;
  readonly faults: readonly ItemFault[];
}

/** Rows and bytes of one batch at most; a single larger row is a batch of its own. */
export const BATCH_ROWS = 32;
const BATCH_BYTES = 1024 * 1024;

const COLUMNS = 'id, received_at, app_id, body, request_id, attempts, applied_items';

/** The rows of `source` up to BATCH_BYTES, in `order`. */
const upToBatchBytes = (source: string, order: string): string =>
  `WITH due AS MATERIALIZED (${source})
   SELECT ${COLUMNS}
     FROM (SELECT *, sum(octet_length(body)) OVER (ORDER BY ${order}) - octet_length(body) AS bytes_before
             FROM due) measured
    WHERE bytes_before < ${BATCH_BYTES}
    ORDER BY ${order}`;

/**
 * Takes the oldest new rows that no other processor holds (index webhook_inbox_unprocessed): rows that were deferred
 * are not among them, so they stand in nobody's way. Bodies beyond BATCH_BYTES are not read: their rows come free with
 * the transaction.
 */
export function claimRows(sql: SqlRunner): Promise<InboxRow[]> {
  return sql.query<InboxRow>(
    'webhook-inbox-claim',
    upToBatchBytes(
      `SELECT ${COLUMNS} FROM webhook_inbox WHERE processed_at IS NULL AND retry_at IS NULL
        ORDER BY received_at, id LIMIT ${BATCH_ROWS} FOR UPDATE SKIP LOCKED`,
      'received_at, id',
    ),
  );
}

/** Reads the deferred rows that are due, longest due first (index webhook_inbox_deferred). Takes none. */
export function readDueDeferred(sql: SqlRunner): Promise<InboxRow[]> {
  return sql.query<InboxRow>(
    'webhook-inbox-deferred',
    upToBatchBytes(
      `SELECT ${COLUMNS}, retry_at FROM webhook_inbox WHERE processed_at IS NULL AND retry_at <= now()
        ORDER BY retry_at, id LIMIT ${BATCH_ROWS}`,
      'retry_at, id',
    ),
  );
}

/** Takes those of the given rows that are still unprocessed, due and free. */
export function claimRowsAgain(sql: SqlRunner, keys: readonly InboxKey[]): Promise<InboxRow[]> {
  return sql.query<InboxRow>(
    'webhook-inbox-claim-again',
    `SELECT ${COLUMNS} FROM webhook_inbox
      WHERE processed_at IS NULL AND (retry_at IS NULL OR retry_at <= now())
        AND received_at BETWEEN $1 AND $2 AND id = ANY ($3)
      ORDER BY received_at, id FOR UPDATE SKIP LOCKED`,
    [...span(keys), keys.map((key) => key.id)],
  );
}

/**
 * Writes what became of the rows. One that is deferred for the n-th time is due again after n - 0.5 seconds (half an
 * hour after 60 tries), a minute at most.
 */
export async function finishRows(sql: SqlRunner, results: readonly RowResult[]): Promise<void> {
  const keys = results.map((result) => result.row);
  await sql.query(
    'webhook-inbox-finish',
    `UPDATE webhook_inbox w
        SET processed_at = CASE WHEN i.done THEN clock_timestamp() END,
            attempts = w.attempts + CASE WHEN i.handed_over THEN 0 ELSE 1 END,
            retry_at = CASE WHEN i.done THEN NULL
                            WHEN i.handed_over THEN clock_timestamp()
                            ELSE clock_timestamp() + least(w.attempts + 0.5, 60) * interval '1 second' END,
            applied_items = i.applied,
            waiting_accounts = CASE WHEN NOT i.done THEN ARRAY(SELECT jsonb_array_elements_text(i.waiting)) END,
            item_errors = i.errors
       FROM unnest($3::bigint[], $4::timestamptz[], $5::boolean[], $6::boolean[], $7::jsonb[], $8::jsonb[],
                   $9::jsonb[])
            AS i (id, received_at, done, handed_over, applied, errors, waiting)
      WHERE w.id = i.id AND w.received_at = i.received_at AND w.received_at BETWEEN $1 AND $2`,
    [
      ...span(keys),
      keys.map((key) => key.id),
      keys.map((key) => key.received_at),
      results.map(({ deferred }) => deferred === null),
      results.map(({ deferred, handedOver }) => deferred !== null && handedOver),
      results.map(({ deferred, applied }) =>
        deferred !== null && applied.length > 0 ? JSON.stringify(applied) : null,
      ),
      results.map(({ faultCount, faults }) =>
        faultCount > 0 ? JSON.stringify({ count: faultCount, first: faults }) : null,
      ),
      results.map(({ deferred, waitingAccounts }) => (deferred === null ? null : JSON.stringify([...waitingAccounts]))),
    ],
  );
}

/** First and last time of the rows, so that other partitions are left alone. */
function span(keys: readonly InboxKey[]): [Date, Date] {
  const times = keys.map((key) => key.received_at.getTime());
  return [new Date(Math.min(...times)), new Date(Math.max(...times))];
}
