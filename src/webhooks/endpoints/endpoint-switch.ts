import { Injectable } from '@nestjs/common';
import { Postgres } from '../../platform/database/postgres.js';
import { Log } from '../../platform/logging/log.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import type { DisabledReason } from './dto/webhook.dto.js';
import { EndpointNews } from './endpoint-news.js';
import { WebhookRepository } from './webhook.repository.js';

/** An endpoint, and where it was when it was called. */
export interface CalledEndpoint {
  readonly tenantId: number;
  readonly id: number;
  readonly url: string;
}

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

  /** Does nothing when it is disabled already, has come to answer meanwhile, or has another URL than the one that was called. */
  async disable({ tenantId, id, url }: CalledEndpoint, reason: DisabledReason): Promise<void> {
    const disabled = await this.postgres.transaction(
      async (sql) => {
        const before = await this.webhooks.lockIfThere(sql, tenantId, id);
        if (before?.url !== url) return false;
        const after = await this.webhooks.disable(sql, tenantId, id, reason);
        if (after) await this.news.tell(sql, before, after, null);
        return after !== undefined;
      },
      { lockTimeoutMs: 1000 },
    );
    if (!disabled) return;
    this.metrics.outgoingWebhooks.disabled.inc({ reason });
    this.log.warn({ tenant_id: tenantId, webhook_id: id, reason }, 'an endpoint of webhooks was disabled');
  }
}
