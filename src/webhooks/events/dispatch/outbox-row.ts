import type { Postgres, SqlRunner } from '../../../platform/database/postgres.js';

/** A change that is to become an event, as it was written with the change. */
export interface OutboxRow {
  /** The sequence of the event. */
  readonly id: number;
  readonly tenantId: number;
  readonly type: string;
  readonly resourceId: number;
  readonly occurredAt: Date;
  /** Its transaction, told apart from the tenant's others. */
  readonly transaction: string;
  readonly requestId: string | null;
  /** What the triggers, or `recordEvent`, wrote; to be judged. */
  readonly previous: unknown;
  readonly current: unknown;
  readonly onlyWebhookId: number | null;
  readonly exceptWebhookId: number | null;
  readonly failures: number;
}

const COLUMNS = `o.id, o.tenant_id AS "tenantId", o.type, o.resource_id AS "resourceId", o.occurred_at AS "occurredAt",
       o.transaction_id::text AS transaction, o.request_id AS "requestId", o.previous, o.current, o.only_webhook_id AS "onlyWebhookId",
       o.except_webhook_id AS "exceptWebhookId", o.failures`;

/*
 * Index event_outbox_tenant: one probe for each tenant that has something, then the first rows of each. $1: the tenant that
 * had the last turn; $2: how many tenants have one now; $3: rows in all.
 */
const NEXT = `
WITH RECURSIVE turn AS (
  (SELECT tenant_id, 1 AS place FROM event_outbox WHERE retry_at IS NULL AND tenant_id > $1
    ORDER BY tenant_id LIMIT 1)
  UNION ALL
  SELECT following.tenant_id, turn.place + 1 FROM turn CROSS JOIN LATERAL (
    SELECT o.tenant_id FROM event_outbox o
     WHERE o.retry_at IS NULL AND o.tenant_id > turn.tenant_id ORDER BY o.tenant_id LIMIT 1) AS following
   WHERE turn.place < $2),
share AS MATERIALIZED (SELECT greatest(1, $3 / greatest(1, count(*)))::int AS rows FROM turn)
SELECT ${COLUMNS}
  FROM turn CROSS JOIN share CROSS JOIN LATERAL (
    SELECT * FROM event_outbox x
     WHERE x.retry_at IS NULL AND x.tenant_id = turn.tenant_id ORDER BY x.id LIMIT share.rows) AS o
 ORDER BY o.id`;

/* Index event_outbox_aside. */
const ASIDE = `
SELECT ${COLUMNS} FROM event_outbox o
 WHERE o.retry_at IS NOT NULL AND o.retry_at <= now() ORDER BY o.retry_at LIMIT $1`;

/**
 * The next rows of the tenants after `afterTenant`, in order of their ids: of each the same share of `rows`, so that a tenant
 * with a million waiting delays another by no more than its share. Empty: begin again with the first tenant.
 */
export function nextRows(sql: SqlRunner, afterTenant: number, tenants: number, rows: number): Promise<OutboxRow[]> {
  return sql.query<OutboxRow>('events_next', NEXT, [afterTenant, tenants, rows]);
}

/** Rows that stood aside and are to be tried again. */
export function rowsToRetry(sql: SqlRunner, rows: number): Promise<OutboxRow[]> {
  return sql.query<OutboxRow>('events_to_retry', ASIDE, [rows]);
}

/** Whether there is anything to do, at the price of two probes. */
export async function hasWork(postgres: Postgres): Promise<boolean> {
  const [row] = await postgres.query<{ found: boolean }>(
    'events_has_work',
    `SELECT EXISTS (SELECT FROM event_outbox WHERE retry_at IS NULL AND tenant_id > 0)
         OR EXISTS (SELECT FROM event_outbox WHERE retry_at IS NOT NULL AND retry_at <= now()) AS found`,
  );
  return row?.found === true;
}

/** Puts rows aside that cannot be made events now: 10 s at first, an hour at most. */
export async function putAside(sql: SqlRunner, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.query(
    'events_put_aside',
    `UPDATE event_outbox
        SET failures = failures + 1, retry_at = now() + least(3600, 10 * 2 ^ least(failures, 10)) * interval '1 second'
      WHERE id = ANY ($1::bigint[])`,
    [ids],
  );
}
