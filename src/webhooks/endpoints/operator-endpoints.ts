import { Injectable } from '@nestjs/common';
import { operatorOf, recordChanges } from '../../platform/audit/audit-trail.js';
import { Postgres } from '../../platform/database/postgres.js';
import { DELIVERIES_CHANNEL } from '../events/dispatch/store-events.js';
import { EndpointNews } from './endpoint-news.js';
import { WebhookRepository } from './webhook.repository.js';

/** There is no such endpoint. */
export class NoSuchEndpointError extends Error {
  constructor(id: number) {
    super(`There is no webhook ${id}`);
  }
}

/** An endpoint as operators see it: of any tenant, without what its tenant may keep secret. */
export interface OperatedEndpoint {
  readonly id: number;
  readonly tenantId: number;
  /** Path and query may hold a secret of the tenant's. */
  readonly host: string;
  readonly enabled: boolean;
  /** Null while it is enabled, or when its tenant disabled it. */
  readonly disabledReason: string | null;
  readonly disabledAt: Date | null;
  readonly failingSince: Date | null;
  /** Deliveries that are due or wait for their retry. */
  readonly waiting: number;
  /** Deliveries that were given up and not replayed. */
  readonly dead: number;
}

interface EndpointRow extends Omit<OperatedEndpoint, 'host'> {
  readonly url: string;
}

/* Indexes webhook_deliveries_due, of each endpoint, and webhook_deliveries_dead, once. */
const ENDPOINTS = `
SELECT w.id, w.tenant_id AS "tenantId", w.url, w.enabled, w.disabled_reason AS "disabledReason",
       w.disabled_at AS "disabledAt", w.failing_since AS "failingSince", waiting.n AS waiting, coalesce(dead.n, 0) AS dead
  FROM webhooks w
 CROSS JOIN LATERAL (
   SELECT count(*) AS n FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.next_at IS NOT NULL) waiting
  LEFT JOIN (
   SELECT d.webhook_id, count(*) AS n FROM webhook_deliveries d
    WHERE d.status = 'dead' AND ($1::int IS NULL OR d.tenant_id = $1)
      AND NOT EXISTS (SELECT 1 FROM webhook_deliveries r WHERE r.replay_of = d.id AND r.tenant_id = d.tenant_id)
    GROUP BY d.webhook_id) dead ON dead.webhook_id = w.id
 WHERE $1::int IS NULL OR w.tenant_id = $1
 ORDER BY w.tenant_id, w.id`;

/** The operator's work on tenants' endpoints. */
@Injectable()
export class OperatorEndpoints {
  constructor(
    private readonly postgres: Postgres,
    private readonly webhooks: WebhookRepository,
    private readonly news: EndpointNews,
  ) {}

  /** All endpoints of a tenant, or of all tenants. */
  async list(tenantId: number | null): Promise<OperatedEndpoint[]> {
    const rows = await this.postgres.query<EndpointRow>('operator:webhooks', ENDPOINTS, [tenantId]);
    return rows.map(({ url, ...row }) => ({ ...row, host: new URL(url).host }));
  }

  /**
   * Stops deliveries to an endpoint, or lets them go on: what waits stays, as when its tenant does it. On record, and
   * told to the tenant's other endpoints.
   * @returns whether it changed anything
   * @throws NoSuchEndpointError
   */
  async setEnabled(id: number, enabled: boolean): Promise<boolean> {
    return this.postgres.transaction(async (sql) => {
      const [owner] = await sql.query<{ tenant_id: number }>(
        'operator:webhook_owner',
        'SELECT tenant_id FROM webhooks WHERE id = $1',
        [id],
      );
      const before = owner && (await this.webhooks.lockIfThere(sql, owner.tenant_id, id));
      if (!before) throw new NoSuchEndpointError(id);
      if (before.enabled === enabled) return false;
      const tenantId = before.tenant_id;
      const after = enabled
        ? await this.webhooks.update(sql, before, { ...before, enabled })
        : await this.webhooks.disable(sql, tenantId, id, 'operator');
      if (!after) throw new NoSuchEndpointError(id);
      await this.news.tell(sql, before, after, null);
      if (enabled) await sql.query('webhooks_notify', 'SELECT pg_notify($1, $2)', [DELIVERIES_CHANNEL, '']);
      await recordChanges(sql, operatorOf(tenantId), [{ action: 'webhook.updated', ids: [id], details: { enabled } }]);
      return true;
    });
  }
}
