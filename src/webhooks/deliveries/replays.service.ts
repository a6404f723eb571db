import { Injectable } from '@nestjs/common';
import { type Author, recordChanges } from '../../platform/audit/audit-trail.js';
import { Postgres, type SqlRunner } from '../../platform/database/postgres.js';
import { TenantWrites } from '../../platform/database/tenant-writes.js';
import { notFound, rateLimitExceeded, validationError } from '../../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { resourceId } from '../../platform/http/resource-id.js';
import { parseMoment } from '../../platform/http/validation/moment.js';
import { NO_SUCH_WEBHOOK, WebhookRepository } from '../endpoints/webhook.repository.js';
import { DELIVERIES_CHANNEL } from '../events/dispatch/store-events.js';
import { TEST_EVENT } from '../events/event-types.js';
import { deliveriesByIds, presentDelivery } from './delivery-rows.js';
import type { DeliveryDto } from './dto/delivery.dto.js';
import type { ReplayDto } from './dto/replay.dto.js';

/** Events that one replay takes. */
export const MAX_REPLAYED = 10_000;
/** While so many deliveries wait for an endpoint, none are added by replays. */
export const MAX_WAITING = 50_000;
const RETRY_AFTER_S = 60;

/* A replay needs its endpoint and its event. $3: and that there was none before (index webhook_deliveries_replays). */
const REPLAY_ONE = `
INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_created_at, event_id, resource, replay_of)
SELECT d.tenant_id, d.webhook_id, d.event_created_at, d.event_id, d.resource, d.id
  FROM webhook_deliveries d
  JOIN webhooks w ON w.id = d.webhook_id AND w.tenant_id = d.tenant_id
 WHERE d.id = $1::bigint AND ($2::int IS NULL OR d.tenant_id = $2)
   AND EXISTS (SELECT FROM events e WHERE e.created_at = d.event_created_at AND e.id = d.event_id)
   AND (NOT $3::boolean OR NOT EXISTS (
     SELECT FROM webhook_deliveries r WHERE r.replay_of = d.id AND r.tenant_id = d.tenant_id))
RETURNING id, tenant_id`;

/*
 * Index events_tenant. An event is made after its change, so what occurred since then was made since then. Not replayed:
 * what was never meant for this endpoint (tests of others, news of itself).
 */
const MATCHING = `
SELECT e.created_at, e.id, e.type, e.resource_id
  FROM events e
 WHERE e.tenant_id = $1 AND e.created_at >= $3 AND e.occurred_at >= $3 AND ($4::timestamptz IS NULL OR e.occurred_at < $4)
   AND e.type <> '${TEST_EVENT}' AND NOT (starts_with(e.type, 'webhook.') AND e.resource_id = $2)
   AND ARRAY['*', split_part(e.type, '.', 1) || '.*', e.type] && $5::text[]
 ORDER BY e.created_at, e.id LIMIT ${MAX_REPLAYED + 1}`;

const REPLAY_SINCE = `
WITH matching AS MATERIALIZED (${MATCHING}), counted AS (SELECT count(*) AS n FROM matching),
added AS (
  INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_created_at, event_id, resource)
  SELECT $1, $2, m.created_at, m.id, split_part(m.type, '.', 1) || ':' || m.resource_id
    FROM matching m, counted WHERE counted.n <= ${MAX_REPLAYED} ORDER BY m.created_at, m.id)
SELECT n AS replayed FROM counted`;

/** A delivery that was added, and whose it is. */
export interface Replay {
  readonly id: number;
  readonly tenantId: number;
}

/** Sends events again: each replay is a delivery of its own with the same event, and the same `webhook-id`. */
@Injectable()
export class ReplaysService {
  constructor(
    private readonly postgres: Postgres,
    private readonly writes: TenantWrites,
    private readonly webhooks: WebhookRepository,
  ) {}

  /**
   * Delivers an event to the same endpoint once more, whatever became of it; to a disabled one when that is enabled.
   * @param author a tenant, or the operator (`tenantId` null: of any tenant)
   * @returns id of the new delivery, and whose it is; undefined when there is no such delivery, or its endpoint or event
   * is gone
   */
  replayDelivery(author: Author, deliveryId: number): Promise<Replay | undefined> {
    return this.postgres.transaction((sql) => replay(sql, author, deliveryId, { once: false }));
  }

  /**
   * The same for one that was given up, and once only: for callers that may ask twice for one replay.
   * @returns undefined also when it was replayed before, by whomever
   */
  replayDead(author: Author & { readonly tenantId: number }, deliveryId: number): Promise<Replay | undefined> {
    return this.postgres.transaction(async (sql) => {
      // Who asks at the same time waits, and then finds the replay.
      await sql.query(
        'webhook_deliveries_lock',
        'SELECT FROM webhook_deliveries WHERE id = $1::bigint AND tenant_id = $2 FOR NO KEY UPDATE',
        [deliveryId, author.tenantId],
      );
      return replay(sql, author, deliveryId, { once: true });
    });
  }

  /** @throws ApiError 404 when the tenant has no such delivery, or its endpoint or event is gone */
  async replayOne(author: AuthenticatedTenant, id: string): Promise<DeliveryDto> {
    const missing = 'There is no such delivery, or its event is stored no more.';
    const added = await this.replayDelivery(author, resourceId(id, missing));
    if (!added) throw notFound(missing);
    const [row] = await deliveriesByIds(this.postgres, author.tenantId, [added.id]);
    if (!row) throw notFound(missing);
    return presentDelivery(row);
  }

  /**
   * Delivers all stored events of a span of time, whether or not the endpoint had them.
   * @returns how many
   * @throws ApiError 404 when the tenant has no such endpoint; 422 when the span is reversed or holds more than
   * MAX_REPLAYED events; 429 while MAX_WAITING deliveries wait for the endpoint
   */
  async replaySince(author: AuthenticatedTenant, id: string, given: ReplayDto): Promise<number> {
    const since = parseMoment(given.since);
    const until = given.until ? parseMoment(given.until) : undefined;
    if (!since || (until && until <= since)) throw validationError({ until: ['until must be later than since'] });
    const { tenantId } = author;
    const number = resourceId(id, NO_SUCH_WEBHOOK);
    return this.writes.run(tenantId, async (sql) => {
      const webhook = await this.webhooks.lock(sql, tenantId, number);
      await refuseFull(sql, tenantId, webhook.id);
      const [row] = await sql.query<{ replayed: number }>('webhook_deliveries_replay_since', REPLAY_SINCE, [
        tenantId,
        webhook.id,
        since,
        until ?? null,
        given.events ?? webhook.events,
      ]);
      const replayed = row?.replayed ?? 0;
      if (replayed > MAX_REPLAYED) {
        throw validationError({
          since: [`more than ${MAX_REPLAYED} events match: replay a shorter time, or fewer events`],
        });
      }
      const details = { since: given.since, until: given.until ?? null, replayed };
      await recordChanges(sql, author, [{ action: 'webhook.replayed', ids: [webhook.id], details }]);
      await announce(sql);
      return replayed;
    });
  }
}

async function replay(
  sql: SqlRunner,
  author: Author,
  deliveryId: number,
  { once }: { once: boolean },
): Promise<Replay | undefined> {
  const [added] = await sql.query<{ id: number; tenant_id: number }>('webhook_deliveries_replay', REPLAY_ONE, [
    deliveryId,
    author.tenantId,
    once,
  ]);
  if (!added) return undefined;
  const { id, tenant_id: tenantId } = added;
  await recordChanges(sql, { ...author, tenantId }, [
    { action: 'webhook_delivery.replayed', ids: [deliveryId], details: { delivery_id: id } },
  ]);
  await announce(sql);
  return { id, tenantId };
}

async function refuseFull(sql: SqlRunner, tenantId: number, id: number): Promise<void> {
  const [row] = await sql.query<{ waiting: number }>(
    'webhook_deliveries_waiting',
    `SELECT count(*) AS waiting FROM (
       SELECT FROM webhook_deliveries
        WHERE tenant_id = $1 AND webhook_id = $2 AND next_at IS NOT NULL LIMIT ${MAX_WAITING}) w`,
    [tenantId, id],
  );
  if ((row?.waiting ?? 0) >= MAX_WAITING) {
    throw rateLimitExceeded(RETRY_AFTER_S, `${MAX_WAITING} deliveries wait for this webhook already`);
  }
}

async function announce(sql: SqlRunner): Promise<void> {
  await sql.query('webhooks_notify', 'SELECT pg_notify($1, $2)', [DELIVERIES_CHANNEL, '']);
}
