import { Injectable } from '@nestjs/common';
import { isServerError } from '../../platform/database/database-errors.js';
import { Postgres, type SqlRunner } from '../../platform/database/postgres.js';
import { notFound, rateLimitExceeded } from '../../platform/http/api-error.js';
import { KEPT_PAYLOADS, MOST_TRIES, REPEAT_DAYS } from '../store/retention.js';
import type { ListenerRow } from '../store-listener.js';
import type { Reason } from './template-sends.js';
import { WaitingRoom } from './waiting-room.js';

/** A delivery whose signature was found right. */
export interface Delivery {
  readonly requestId: string;
  readonly topic: string | null;
  readonly deliveryId: string | null;
  readonly repeatHash: Buffer;
  /** Null: when it came. */
  readonly happenedAt: Date | null;
  readonly body: Buffer;
  /** What its rules say of it now, when it is not worked off yet: its listener has a delay. */
  readonly waiting: { readonly onceHash: Buffer | null; readonly phone: string | null } | null;
}

/** A payload in the hands of this process, with its listener's present rules. */
export interface DuePayload extends ListenerRow {
  readonly payload_id: number;
  readonly request_id: string;
  readonly body: Buffer;
  readonly tries: number;
  /** When `tries` is this, it is given up. */
  readonly last_try: number;
  readonly is_tenant_active: boolean;
  /** It had a delay, and a newer one of the same `once_per` has come. */
  readonly is_replaced: boolean;
}

/** When a store may ask again while too many wait. */
const FULL_RETRY_S = 300;

/*
 * True while a delivery like the payload `p` is its repeat: for a week, and where only the body tells it as long as no newer
 * one of the same `once_per` has come (with a delay). After that it says that things are again as they were, and is the
 * newest itself. Index store_payloads_newer.
 */
const TELLS_REPEAT = `
p.received_at > now() - interval '${REPEAT_DAYS} days'
AND NOT (p.delivery_id IS NULL AND EXISTS (
  SELECT FROM store_payloads n
   WHERE n.listener_id = p.listener_id AND n.once_hash = p.once_hash AND (n.happened_at, n.id) > (p.happened_at, p.id)))`;

/* Index store_payloads_repeat. */
const INSERT = `
INSERT INTO store_payloads AS p (tenant_id, listener_id, request_id, topic, delivery_id, repeat_hash, body, size_bytes,
                                 happened_at, once_hash, phone, next_at, due_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, least($9, now()), $10, $11, t.due_at, t.due_at
  FROM (SELECT now() + make_interval(mins => $12) AS due_at) t
ON CONFLICT (listener_id, repeat_hash) WHERE repeat_hash IS NOT NULL
DO UPDATE SET repeats = p.repeats + 1 WHERE ${TELLS_REPEAT}
RETURNING xmax = 0 AS is_new`;

const EXPIRE = `
UPDATE store_payloads p SET repeat_hash = NULL
 WHERE p.listener_id = $1 AND p.repeat_hash = $2 AND NOT (${TELLS_REPEAT})`;

/*
 * Indexes store_payloads_due, listener after listener (a skip scan), and store_payloads_newer: the oldest due of each tenant
 * in turn, so that one with thousands, or whose pictures are slow to download, keeps nobody waiting. $4 are the tenants of
 * what is in work here. Of tenants whose turn it is chance chooses: by age, those with older backlogs would be first for ever.
 * While all delivery is held, there is none: what a restored backup has here may have led to a message already.
 */
const CLAIM = `
WITH RECURSIVE l AS (
  (SELECT listener_id FROM store_payloads
    WHERE next_at IS NOT NULL AND NOT EXISTS (SELECT FROM delivery_hold) ORDER BY listener_id LIMIT 1)
  UNION ALL
  SELECT (SELECT p.listener_id FROM store_payloads p
           WHERE p.next_at IS NOT NULL AND p.listener_id > l.listener_id ORDER BY p.listener_id LIMIT 1)
    FROM l WHERE l.listener_id IS NOT NULL),
due AS MATERIALIZED (
  SELECT id FROM (
    SELECT p.id, row_number() OVER (PARTITION BY s.tenant_id ORDER BY p.next_at, p.id)
                 + (SELECT count(*) FROM unnest($4::int[]) AS w (tenant_id) WHERE w.tenant_id = s.tenant_id) AS turn
      FROM l JOIN store_listeners s ON s.id = l.listener_id CROSS JOIN LATERAL (
        SELECT id, next_at FROM store_payloads
         WHERE listener_id = l.listener_id AND next_at <= now() ORDER BY next_at, id LIMIT $2) p) d
   WHERE turn <= $2 ORDER BY turn, random() LIMIT $1),
picked AS MATERIALIZED (
  SELECT p.id FROM store_payloads p JOIN due USING (id) WHERE p.next_at <= now() ORDER BY p.id FOR UPDATE OF p SKIP LOCKED),
claimed AS (
  UPDATE store_payloads p SET next_at = now() + make_interval(secs => $3), tries = p.tries + 1
    FROM picked WHERE p.id = picked.id
  RETURNING p.id AS payload_id, p.request_id, p.body, p.tries, p.last_try, p.listener_id, p.once_hash, p.happened_at)
SELECT c.payload_id, c.request_id, c.body, c.tries, c.last_try, t.status = 'active' AS is_tenant_active,
       EXISTS (SELECT FROM store_payloads n
                WHERE n.listener_id = c.listener_id AND n.once_hash = c.once_hash
                  AND (n.happened_at, n.id) > (c.happened_at, c.payload_id)) AS is_replaced, s.*
  FROM claimed c JOIN store_listeners s ON s.id = c.listener_id JOIN tenants t ON t.id = s.tenant_id ORDER BY c.payload_id`;

const SETTLE = `
UPDATE store_payloads SET status = $4, reason = $5, phone = coalesce($6, phone), next_at = NULL, settled_at = now()
 WHERE id = $1 AND tenant_id = $2 AND tries = $3 AND status = 'received' RETURNING id`;

/* Leases go on counting, so that who had one before settles nothing. */
const RETRY = `
UPDATE store_payloads
   SET status = 'received', reason = NULL, next_at = now(), due_at = now(), settled_at = NULL,
       last_try = tries + ${MOST_TRIES}
 WHERE id = $1 AND tenant_id = $2 AND status IN ('failed', 'skipped') AND body IS NOT NULL RETURNING id`;

/* Index store_payloads_bodies. What waits, be it thousands, takes no place of what was worked off. */
const TRIM = `
UPDATE store_payloads SET body = NULL
 WHERE listener_id = $1 AND body IS NOT NULL AND next_at IS NULL
   AND id < (SELECT id FROM store_payloads WHERE listener_id = $1 AND body IS NOT NULL AND next_at IS NULL
              ORDER BY id DESC OFFSET ${KEPT_PAYLOADS - 1} LIMIT 1)`;

const FOREIGN_KEY_VIOLATION = '23503';

/** NUL and halves of surrogate pairs: Postgres stores them in json, and fails when it is to read them. */
const UNREADABLE = /[\0\p{Surrogate}]/gu;

/** A reason as JSON that Postgres can read, too. */
export const storable = (reason: Reason): string =>
  JSON.stringify(reason, (_, value: unknown) => (typeof value === 'string' ? value.replaceAll(UNREADABLE, '') : value));

/** What stores delivered, in Postgres. */
@Injectable()
export class PayloadStore {
  private readonly waitingRoom = new WaitingRoom();

  constructor(private readonly postgres: Postgres) {}

  /**
   * Stores a delivery, due at once or after its listener's delay; when this resolves, it is committed. A repeat is counted
   * with its first.
   * @throws ApiError 404 when the listener is gone, 429 when too many of a listener with a delay wait ({@link WaitingRoom})
   */
  async receive(listener: ListenerRow, delivery: Delivery): Promise<'new' | 'repeat'> {
    const { requestId, topic, deliveryId, repeatHash, body, happenedAt, waiting } = delivery;
    if (waiting && !(await this.waitingRoom.take(this.postgres, listener.id, body.length))) {
      throw rateLimitExceeded(FULL_RETRY_S);
    }
    const parameters = [
      ...[listener.tenant_id, listener.id, requestId, topic, deliveryId, repeatHash, body, body.length, happenedAt],
      ...[waiting?.onceHash ?? null, waiting?.phone ?? null, waiting ? listener.delay_minutes : 0],
    ];
    for (;;) {
      const [row] = await this.postgres
        .query<{ is_new: boolean }>('store_payloads_insert', INSERT, parameters)
        .catch((error: unknown) => {
          throw isServerError(error) && error.code === FOREIGN_KEY_VIOLATION ? notFound() : error;
        });
      if (row) return row.is_new ? 'new' : 'repeat';
      // One like it is there that does not count any more.
      await this.postgres.query('store_payloads_expire', EXPIRE, [listener.id, repeatHash]);
    }
  }

  /**
   * Leases due payloads for so many seconds: the tenants in turn, at most `perTenant` of each; none while delivery is held.
   * @param inWork tenants of the payloads that are in work here already, one for each
   */
  claim(limit: number, perTenant: number, leaseS: number, inWork: readonly number[]): Promise<DuePayload[]> {
    return this.postgres.query<DuePayload>('store_payloads_claim', CLAIM, [limit, perTenant, leaseS, inWork]);
  }

  /** Ends a payload without a message. @returns false when its lease went to somebody else: nothing has happened */
  async settle(
    { payload_id, tenant_id, tries }: DuePayload,
    status: 'skipped' | 'failed',
    reason: Reason,
    phone: string | null,
  ): Promise<boolean> {
    const settled = await this.postgres.query('store_payloads_settle', SETTLE, [
      payload_id,
      tenant_id,
      tries,
      status,
      storable(reason),
      phone,
    ]);
    return settled.length > 0;
  }

  /** Makes a payload that led to nothing due again. @returns false unless there is one, it led to nothing and has its body */
  async retry(sql: SqlRunner, tenantId: number, payloadId: number): Promise<boolean> {
    return (await sql.query('store_payloads_retry', RETRY, [payloadId, tenantId])).length > 0;
  }

  /** Adds to a payload that was sent what was left out. */
  async note({ payload_id, tenant_id }: DuePayload, reason: Reason): Promise<void> {
    await this.postgres.query(
      'store_payloads_note',
      `UPDATE store_payloads SET reason = $3 WHERE id = $1 AND tenant_id = $2 AND status = 'sent' AND contact_id IS NOT NULL`,
      [payload_id, tenant_id, storable(reason)],
    );
  }

  /** Tries it again later. Whose it is is kept, as far as it is known: should they be deleted meanwhile. */
  async postpone({ payload_id, tenant_id, tries }: DuePayload, seconds: number, phone: string | null): Promise<void> {
    await this.postgres.query(
      'store_payloads_postpone',
      `UPDATE store_payloads SET next_at = now() + make_interval(secs => $4), phone = coalesce($5, phone)
        WHERE id = $1 AND tenant_id = $2 AND tries = $3 AND status = 'received'`,
      [payload_id, tenant_id, tries, seconds, phone],
    );
  }

  /** Lets go of the bodies of all but the newest of a listener. */
  async trim(listenerId: number): Promise<void> {
    await this.postgres.query('store_payloads_trim', TRIM, [listenerId]);
  }
}
