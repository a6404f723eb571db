import { Injectable } from '@nestjs/common';
import { Postgres, type SqlRunner } from '../../platform/database/postgres.js';
import { Log } from '../../platform/logging/log.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import { recordEvent } from '../events/record-event.js';
import type { DisabledReason } from './dto/webhook.dto.js';
import { EndpointView } from './endpoint-view.js';
import { type WebhookRow, WebhookRepository } from './webhook.repository.js';

/** Disables endpoints that nothing reaches, and tells the tenant's other endpoints when one goes off or on. */
@Injectable()
export class EndpointSwitch {
  constructor(
    private readonly postgres: Postgres,
    private readonly webhooks: WebhookRepository,
    private readonly view: EndpointView,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** Does nothing when it is disabled already, or has come to answer meanwhile. */
  async disable(tenantId: number, id: number, reason: DisabledReason): Promise<void> {
    const disabled = await this.postgres.transaction(
      async (sql) => {
        const before = (await this.webhooks.findByIds(sql, tenantId, [id]))[0];
        const after = await this.webhooks.disable(sql, tenantId, id, reason);
        if (before && after) await this.tell(sql, before, after, null);
        return after !== undefined;
      },
      { lockTimeoutMs: 1000 },
    );
    if (!disabled) return;
    this.metrics.outgoingWebhooks.disabled.inc({ reason });
    this.log.warn({ tenant_id: tenantId, webhook_id: id, reason }, 'an endpoint of webhooks was disabled');
  }

  /** Records `webhook.enabled` or `webhook.disabled` in the transaction of the change, when it is one. */
  async tell(sql: SqlRunner, before: WebhookRow, after: WebhookRow, requestId: string | null): Promise<void> {
    if (before.enabled === after.enabled) return;
    await recordEvent(sql, {
      tenantId: after.tenant_id,
      type: after.enabled ? 'webhook.enabled' : 'webhook.disabled',
      resourceId: after.id,
      previous: { ...this.view.of(before) },
      current: { ...this.view.of(after) },
      requestId,
      exceptWebhookId: after.id,
    });
  }
}
