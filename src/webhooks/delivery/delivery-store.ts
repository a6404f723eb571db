import { Injectable } from '@nestjs/common';
import { Postgres, type SqlRunner } from '../../platform/database/postgres.js';
import type { AttemptEndpoint } from './delivery-attempt.js';
import type { DeliveryEnd, DeliveryRow } from './delivery-end.js';
import type { Room } from './held-endpoints.js';
import { WAITING_ENDPOINTS } from './waiting-endpoints.js';

/** An endpoint as deliveries need it. */
export interface LeasedEndpoint extends AttemptEndpoint {
  readonly id: number;
  readonly tenant_id: number;
  /** It is enabled, and its tenant is active. */
  readonly is_active: boolean;
  readonly failing_since: Date | null;
  /** When it was last enabled again; see {@link isGivenUp}. */
  readonly resumed_at: Date | null;
  /** Changes with every change of the endpoint. */
  readonly version: string;
}

/** An endpoint that was taken. */
export interface TakenEndpoint {
  readonly id: number;
  /** It fails, or was set aside as one that does or is slow. */
  readonly troubled: boolean;
}

/** An endpoint that makes room for others of its kind. */
export interface AsideEndpoint extends TakenEndpoint {
  /** It is not taken before, milliseconds. */
  readonly restMs: number;
}

/** A delivery that is due. */
export interface DueDelivery {
  readonly id: number;
  readonly created_at: Date;
  readonly tenant_id: number;
  readonly webhook_id: number;
  readonly resource: string;
  /** Before the one that is due. */
  readonly attempts: number;
  readonly first_attempt_at: Date | null;
  /** Null: the event is kept no more. */
  readonly event_id: string | null;
  readonly payload: string | null;
  readonly occurred_at: Date | null;
}

/*
 * Of either kind those that wait the longest: since something is due, or since they were set aside. Two workers that take
 * at the same moment: the second finds the first one's lease, and gets nothing.
 */
const TAKE = `
WITH RECURSIVE ${WAITING_ENDPOINTS},
free AS MATERIALIZED (
  SELECT e.id, e.tenant_id, greatest(w.next_at, l.until) AS since,
         e.failing_since IS NOT NULL OR coalesce(l.troubled, false) AS troubled
    FROM waiting w
    JOIN webhooks e ON e.id = w.webhook_id AND e.enabled
    JOIN tenants t ON t.id = e.tenant_id AND t.status = 'active'
    LEFT JOIN webhook_leases l ON l.webhook_id = e.id
   WHERE w.next_at <= now() AND (l.until IS NULL OR l.until <= now())),
chosen AS (
  (SELECT * FROM free WHERE NOT troubled ORDER BY since LIMIT $3)
  UNION ALL
  (SELECT * FROM free WHERE troubled ORDER BY since LIMIT $4))
INSERT INTO webhook_leases AS l (webhook_id, tenant_id, owner, until, troubled)
SELECT id, tenant_id, $1, now() + $2 * interval '1 millisecond', troubled FROM chosen ORDER BY id
    ON CONFLICT (webhook_id) DO UPDATE
   SET owner = excluded.owner, until = excluded.until, troubled = excluded.troubled WHERE l.until <= now()
RETURNING l.webhook_id AS id, l.troubled`;

const CHANGED = `
SELECT known.id, e.tenant_id, coalesce(e.enabled AND t.status = 'active', false) AS is_active, e.url, e.secret_encrypted,
       e.previous_secret_encrypted, e.previous_secret_until, e.headers_encrypted, e.failing_since, e.resumed_at, e.xmin::text AS version
  FROM unnest($1::int[], $2::text[]) AS known (id, version)
  LEFT JOIN webhooks e ON e.id = known.id
  LEFT JOIN tenants t ON t.id = e.tenant_id
 WHERE e.xmin::text IS DISTINCT FROM known.version OR t.status IS DISTINCT FROM 'active'`;

/*
 * Index webhook_deliveries_due. What is known is told apart by endpoint: each row is compared with all of the list. LIMIT 1
 * keeps the planner from reading all events at once.
 */
const DUE = `
SELECT d.id, d.created_at, d.tenant_id, d.webhook_id, d.resource, d.attempts, d.first_attempt_at,
       e.event_id, e.payload, e.occurred_at
  FROM (SELECT webhook_id, room, known::bigint[] AS known
          FROM unnest($1::int[], $2::int[], $3::text[]) AS w (webhook_id, room, known) OFFSET 0) w
 CROSS JOIN LATERAL (
   SELECT * FROM webhook_deliveries d
    WHERE d.webhook_id = w.webhook_id AND d.next_at <= now() AND d.id <> ALL (w.known)
    ORDER BY d.next_at, d.id LIMIT w.room) d
  LEFT JOIN LATERAL (
   SELECT e.event_id, e.payload, e.occurred_at FROM events e
    WHERE e.created_at = d.event_created_at AND e.id = d.event_id LIMIT 1) e ON true
 ORDER BY d.next_at, d.id`;

/* What another worker has stored meanwhile (it had the lease) stays as it is. */
const END = `
UPDATE webhook_deliveries d
   SET status = o.status, attempts = o.attempts, next_at = o.next_at,
       first_attempt_at = coalesce(d.first_attempt_at, o.at), last_attempt_at = o.at,
       delivered_at = CASE WHEN o.status = 'delivered' THEN o.at END,
       request = o.request, response_status = o.response_status, response_body = o.response_body,
       duration_ms = o.duration_ms, error = o.error,
       attempt_log = d.attempt_log || jsonb_build_array(jsonb_build_object(
         'at', o.at, 'status', o.response_status, 'error', o.error, 'duration_ms', o.duration_ms))
  FROM jsonb_to_recordset($1::jsonb) AS o (
         id bigint, created_at timestamptz, attempts integer, status text, next_at timestamptz, at timestamptz,
         request jsonb, response_status integer, response_body text, duration_ms integer, error text)
 WHERE d.id = o.id AND d.created_at = o.created_at AND d.attempts = o.attempts - 1 AND d.status = 'pending'`;

/* What was not attempted. */
const GIVE_UP = `
UPDATE webhook_deliveries d SET status = 'dead', next_at = NULL, error = o.error
  FROM unnest($1::bigint[], $2::timestamptz[], $3::text[]) AS o (id, created_at, error)
 WHERE d.id = o.id AND d.created_at = o.created_at AND d.status = 'pending'`;

/*
 * Deliveries to endpoints that are gone, and what waited for three days at one that is disabled, or was until lately, or
 * whose tenant is suspended: what waits keeps its day's deliveries and events, of all tenants, from being cleared away.
 */
const ABANDON = `
WITH RECURSIVE ${WAITING_ENDPOINTS},
idle AS (
  SELECT w.webhook_id, e.id IS NULL AS is_gone,
         CASE WHEN e.enabled AND t.status = 'active' THEN e.resumed_at ELSE now() END - interval '3 days' AS before,
         CASE WHEN e.enabled AND t.status <> 'active' THEN 'The account was suspended for too long.'
              ELSE 'The endpoint was disabled for too long, or deleted.' END AS reason
    FROM waiting w
    LEFT JOIN webhooks e ON e.id = w.webhook_id
    LEFT JOIN tenants t ON t.id = e.tenant_id
   WHERE e.id IS NULL OR NOT e.enabled OR t.status <> 'active' OR e.resumed_at > now() - interval '1 day'),
abandoned AS (
  SELECT x.id, x.created_at, i.reason FROM idle i CROSS JOIN LATERAL (
    SELECT d.id, d.created_at FROM webhook_deliveries d
     WHERE d.webhook_id = i.webhook_id AND d.next_at IS NOT NULL
       AND (i.is_gone OR d.created_at <= i.before AND coalesce(d.first_attempt_at, d.created_at) <= i.before)
     LIMIT $1) x
   LIMIT $1)
UPDATE webhook_deliveries d SET status = 'dead', next_at = NULL, error = coalesce(d.error, a.reason)
  FROM abandoned a WHERE d.id = a.id AND d.created_at = a.created_at AND d.next_at IS NOT NULL
RETURNING d.id`;

/** Deliveries and leases as workers need them. Workers serve all tenants: what is written here names ids that were read together. */
@Injectable()
export class DeliveryStore {
  constructor(private readonly postgres: Postgres) {}

  /** Takes endpoints with due deliveries that nobody has: of each kind as many as there is room for, those that wait the longest. */
  take(owner: string, leaseMs: number, { sound, troubled }: Room): Promise<TakenEndpoint[]> {
    return this.postgres.query<TakenEndpoint>('webhook_leases_take', TAKE, [owner, leaseMs, sound, troubled]);
  }

  /** Answers the ids of those that are still this worker's; they are for another `leaseMs`. */
  async renew(owner: string, ids: readonly number[], leaseMs: number): Promise<Set<number>> {
    const rows = await this.postgres.query<{ id: number }>(
      'webhook_leases_renew',
      `UPDATE webhook_leases SET until = now() + $3 * interval '1 millisecond'
        WHERE webhook_id = ANY ($2::int[]) AND owner = $1 AND until > now() RETURNING webhook_id AS id`,
      [owner, ids, leaseMs],
    );
    return new Set(rows.map(({ id }) => id));
  }

  async giveBack(owner: string, ids: readonly number[]): Promise<void> {
    await this.postgres.query(
      'webhook_leases_give_back',
      'DELETE FROM webhook_leases WHERE webhook_id = ANY ($2::int[]) AND owner = $1',
      [owner, ids],
    );
  }

  /** Leaves endpoints to whoever takes them next, behind the others of their kind, and after their rest. */
  async setAside(owner: string, endpoints: readonly AsideEndpoint[]): Promise<void> {
    await this.postgres.query(
      'webhook_leases_set_aside',
      `UPDATE webhook_leases l SET until = now() + a.rest_ms * interval '1 millisecond', troubled = a.troubled
         FROM unnest($2::int[], $3::float8[], $4::boolean[]) AS a (id, rest_ms, troubled)
        WHERE l.webhook_id = a.id AND l.owner = $1`,
      [
        owner,
        endpoints.map(({ id }) => id),
        endpoints.map(({ restMs }) => restMs),
        endpoints.map(({ troubled }) => troubled),
      ],
    );
  }

  /** Those of the endpoints that are not as they were known; one that is gone is not active. */
  changed(known: readonly { id: number; version: string | null }[]): Promise<LeasedEndpoint[]> {
    return this.postgres.query<LeasedEndpoint>('webhook_endpoints_changed', CHANGED, [
      known.map(({ id }) => id),
      known.map(({ version }) => version),
    ]);
  }

  /** Due deliveries of each endpoint, as many as it has room for, without those of it that are known. */
  due(wanted: readonly { id: number; room: number; known: Iterable<number> }[]): Promise<DueDelivery[]> {
    return this.postgres.query<DueDelivery>('webhook_deliveries_due', DUE, [
      wanted.map(({ id }) => id),
      wanted.map(({ room }) => room),
      wanted.map(({ known }) => `{${[...known].join(',')}}`),
    ]);
  }

  /** Stores what became of attempts, and since when endpoints fail, in one transaction. */
  async end(ends: readonly DeliveryEnd[]): Promise<void> {
    await this.postgres.transaction(
      async (sql) => {
        await markFailing(sql, ends);
        const made = ends.filter(({ outcome }) => outcome !== null).map(({ row }) => row);
        if (made.length > 0) await sql.query('webhook_deliveries_end', END, [JSON.stringify(made)]);
        await giveUp(
          sql,
          ends.filter(({ outcome }) => outcome === null).map(({ row }) => row),
        );
      },
      { lockTimeoutMs: 1000 },
    );
  }

  /** Ends what nobody will deliver any more, at most `limit` of it. Answers how many these were. */
  async abandon(limit: number): Promise<number> {
    return (await this.postgres.query('webhook_deliveries_abandon', ABANDON, [limit])).length;
  }
}

async function giveUp(sql: SqlRunner, rows: readonly DeliveryRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql.query('webhook_deliveries_give_up', GIVE_UP, [
    rows.map(({ id }) => id),
    rows.map(({ created_at: createdAt }) => createdAt),
    rows.map(({ error }) => error),
  ]);
}

/** Endpoints first, in order of id: whoever changes one and its deliveries takes them in this order, too. */
async function markFailing(sql: SqlRunner, ends: readonly DeliveryEnd[]): Promise<void> {
  const states = new Map<number, Date | null>();
  for (const { webhookId, outcome, at, wasFailing } of ends) {
    if (outcome === 'delivered' && (wasFailing || states.has(webhookId))) states.set(webhookId, null);
    else if (outcome === 'failed' && (states.get(webhookId) ?? null) === null) states.set(webhookId, at);
  }
  if (states.size === 0) return;
  const ids = [...states.keys()].sort((a, b) => a - b);
  await sql.query(
    'webhooks_lock_failing',
    'SELECT FROM webhooks WHERE id = ANY ($1::int[]) ORDER BY id FOR NO KEY UPDATE',
    [ids],
  );
  await sql.query(
    'webhooks_mark_failing',
    `UPDATE webhooks w SET failing_since = o.since
       FROM unnest($1::int[], $2::timestamptz[]) AS o (id, since)
      WHERE w.id = o.id AND (w.failing_since IS NULL) <> (o.since IS NULL)`,
    [ids, ids.map((id) => states.get(id) ?? null)],
  );
}
