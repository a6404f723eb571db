import { Injectable } from '@nestjs/common';
import { Postgres } from '../../platform/database/postgres.js';
import { Log } from '../../platform/logging/log.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import type { DisabledReason } from './dto/webhook.dto.js';
import { EndpointNews } from './endpoint-news.js';
import { WebhookRepository } from './webhook.repository.js';

/** Disables endpoints that nothing reaches. */
@Injectable()
export class EndpointSwitch {
  constructor(
    private readonly postgres: Postgres,
    private readonly webhooks: WebhookRepository,
    private readonly news: EndpointNews,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** Does nothing when it is disabled already, or has come to answer meanwhile. */
  async disable(tenantId: number, id: number, reason: DisabledReason): Promise<void> {
    const disabled = await this.postgres.transaction(
      async (sql) => {
        const before = await this.webhooks.lockIfThere(sql, tenantId, id);
        const after = await this.webhooks.disable(sql, tenantId, id, reason);
        if (before && after) await this.news.tell(sql, before, after, null);
        return after !== undefined;
      },
      { lockTimeoutMs: 1000 },
    );
    if (!disabled) return;
    this.metrics.outgoingWebhooks.disabled.inc({ reason });
    this.log.warn({ tenant_id: tenantId, webhook_id: id, reason }, 'an endpoint of webhooks was disabled');
  }
}
