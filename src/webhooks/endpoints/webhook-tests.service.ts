import { Injectable } from '@nestjs/common';
import { MediaLinks } from '../../media/media-links.js';
import { recordChanges } from '../../platform/audit/audit-trail.js';
import { Settings } from '../../platform/config/settings.js';
import { Postgres, type SqlRunner } from '../../platform/database/postgres.js';
import { NoTurnError, TenantTurns } from '../../platform/database/tenant-turns.js';
import { notFound, rateLimitExceeded } from '../../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { resourceId } from '../../platform/http/resource-id.js';
import { deliveriesByIds, presentDelivery } from '../deliveries/delivery-rows.js';
import type { DeliveryDto } from '../deliveries/dto/delivery.dto.js';
import { type AttemptResult, DeliveryAttempt } from '../delivery/delivery-attempt.js';
import type { OutboxRow } from '../events/dispatch/outbox-row.js';
import { TEST_EVENT } from '../events/event-types.js';
import { renderEvent, type RenderedEvent } from '../events/rendering/render-event.js';
import { Surroundings } from '../events/rendering/surroundings.js';
import { EndpointView } from './endpoint-view.js';
import { NO_SUCH_WEBHOOK, type WebhookRow, WebhookRepository } from './webhook.repository.js';

/** Tests of one tenant that one process makes at once; each may take the whole time-out. */
const AT_ONCE = 3;
const RETRY_AFTER_S = 10;

/* Not due for anybody: the one attempt is made here. Until it has ended the delivery reads as one that was given up. */
const STORE = `
WITH stored AS (
  INSERT INTO events (id, tenant_id, event_id, type, resource_id, occurred_at, payload)
  VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING created_at, id)
INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_created_at, event_id, resource, status, next_at, error)
SELECT $2, $5, created_at, id, $8, 'dead', NULL, 'The test did not come to its end.' FROM stored
RETURNING id`;

const END = `
UPDATE webhook_deliveries
   SET status = $3, attempts = 1, first_attempt_at = $4, last_attempt_at = $4,
       delivered_at = CASE WHEN $3 = 'delivered' THEN $4::timestamptz END, request = $5, response_status = $6,
       response_body = $7, duration_ms = $8, error = $9,
       attempt_log = jsonb_build_array(jsonb_build_object(
         'at', $4::timestamptz, 'status', $6::int, 'error', $9::text, 'duration_ms', $8::int))
 WHERE tenant_id = $1 AND id = $2`;

/** Posts a test event to an endpoint and says what came of it. */
@Injectable()
export class WebhookTestsService {
  private readonly turns = new TenantTurns(AT_ONCE, 0);

  constructor(
    private readonly postgres: Postgres,
    private readonly webhooks: WebhookRepository,
    private readonly view: EndpointView,
    private readonly attempt: DeliveryAttempt,
    private readonly links: MediaLinks,
    private readonly settings: Settings,
  ) {}

  /**
   * One attempt, also to a disabled endpoint; it changes nothing of the endpoint, and is not repeated.
   * @throws ApiError 404 when the tenant has no such endpoint, 429 while AT_ONCE others are made
   */
  async test(author: AuthenticatedTenant, id: string): Promise<DeliveryDto> {
    const { tenantId } = author;
    const webhook = await this.webhooks.get(tenantId, resourceId(id, NO_SUCH_WEBHOOK));
    try {
      return await this.turns.run(tenantId, () => this.made(author, webhook));
    } catch (error) {
      if (!(error instanceof NoTurnError)) throw error;
      throw rateLimitExceeded(RETRY_AFTER_S, `${AT_ONCE} tests are under way already`);
    }
  }

  private async made(author: AuthenticatedTenant, webhook: WebhookRow): Promise<DeliveryDto> {
    const { tenantId } = author;
    const { deliveryId, event } = await this.postgres.transaction(async (sql) => {
      const rendered = await this.rendered(sql, author, webhook);
      const payload = JSON.stringify(rendered.payload);
      const { row, eventId, type, resource } = rendered;
      const [stored] = await sql.query<{ id: number }>('webhook_tests_store', STORE, [
        row.id,
        tenantId,
        eventId,
        type,
        webhook.id,
        row.occurredAt,
        payload,
        resource,
      ]);
      if (!stored) throw new Error('No delivery came of its insert');
      const details = { delivery_id: stored.id };
      await recordChanges(sql, author, [{ action: 'webhook.tested', ids: [webhook.id], details }]);
      return { deliveryId: stored.id, event: { eventId, payload } };
    });
    await this.store(tenantId, deliveryId, await this.attempt.make(webhook, event));
    const [delivery] = await deliveriesByIds(this.postgres, tenantId, [deliveryId]);
    if (!delivery) throw notFound(NO_SUCH_WEBHOOK);
    return presentDelivery(delivery);
  }

  private async rendered(sql: SqlRunner, author: AuthenticatedTenant, webhook: WebhookRow): Promise<RenderedEvent> {
    const { tenantId, requestId } = author;
    const [next] = await sql.query<{ id: number; at: Date }>(
      'webhook_tests_sequence',
      `SELECT nextval(pg_get_serial_sequence('event_outbox', 'id')) AS id, now()::timestamptz(3) AS at`,
    );
    if (!next) throw new Error('A sequence answered no row');
    const row: OutboxRow = {
      id: next.id,
      tenantId,
      type: TEST_EVENT,
      resourceId: webhook.id,
      occurredAt: next.at,
      transaction: '',
      requestId,
      previous: null,
      current: { ...this.view.of(webhook) },
      onlyWebhookId: webhook.id,
      exceptWebhookId: null,
      failures: 0,
    };
    const around = await Surroundings.of(sql, [row]);
    const tenant = around.tenant(tenantId);
    if (!tenant) throw notFound(NO_SUCH_WEBHOOK);
    return renderEvent(row, { tenant, environment: this.settings.NODE_ENV }, around, this.links);
  }

  private async store(tenantId: number, id: number, result: AttemptResult): Promise<void> {
    await this.postgres.query('webhook_tests_end', END, [
      tenantId,
      id,
      result.outcome === 'delivered' ? 'delivered' : 'dead',
      result.at,
      JSON.stringify(result.request),
      result.status,
      result.body,
      result.durationMs,
      result.error,
    ]);
  }
}
