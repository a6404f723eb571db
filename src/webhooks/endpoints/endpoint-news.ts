import { Injectable } from '@nestjs/common';
import type { SqlRunner } from '../../platform/database/postgres.js';
import { recordEvent } from '../events/record-event.js';
import { EndpointView } from './endpoint-view.js';
import type { WebhookRow } from './webhook.repository.js';

/** Tells the tenant's other endpoints when one goes off or on. */
@Injectable()
export class EndpointNews {
  constructor(private readonly view: EndpointView) {}

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
