import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { Postgres } from '../platform/database/postgres.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { WAITING_ENDPOINTS } from './delivery/waiting-endpoints.js';

/** Several scrapers cost the database one round of questions in this time. */
const CACHE_MS = 5_000;

const ENDPOINTS = `
SELECT count(*) FILTER (WHERE enabled) AS enabled, count(*) FILTER (WHERE enabled AND failing_since IS NOT NULL) AS failing,
       count(*) FILTER (WHERE NOT enabled AND disabled_reason IS NOT NULL) AS disabled
  FROM webhooks`;

/* Endpoints that fail are left out: their deliveries wait for them, not for us. */
const OLDEST_DUE = `
WITH RECURSIVE ${WAITING_ENDPOINTS}
SELECT coalesce(max(extract(epoch FROM now() - w.next_at)), 0)::float8 AS age
  FROM waiting w
  JOIN webhooks e ON e.id = w.webhook_id AND e.enabled AND e.failing_since IS NULL
  JOIN tenants t ON t.id = e.tenant_id AND t.status = 'active'
 WHERE w.next_at <= now()`;

/** Gauges of outgoing webhooks, read from Postgres when somebody scrapes; every process shows the same numbers. */
@Injectable()
export class WebhookGauges implements OnModuleInit {
  private readAt = -Infinity;

  constructor(
    private readonly metrics: Metrics,
    private readonly postgres: Postgres,
  ) {}

  onModuleInit(): void {
    this.metrics.onScrape('outgoing_webhooks', () => this.read());
  }

  private async read(): Promise<void> {
    if (performance.now() - this.readAt < CACHE_MS) return;
    const [endpoints] = await this.postgres.query<{
      enabled: number;
      failing: number;
      disabled: number;
    }>('metrics:webhook_endpoints', ENDPOINTS);
    const [due] = await this.postgres.query<{ age: number }>('metrics:webhook_due', OLDEST_DUE);
    if (!endpoints || !due) throw new Error('An aggregate answered no row');
    const gauges = this.metrics.outgoingWebhooks;
    for (const state of ['enabled', 'failing', 'disabled'] as const) gauges.endpoints.set({ state }, endpoints[state]);
    gauges.oldestDueAge.set(due.age);
    this.readAt = performance.now();
  }
}

/** Adds the gauges of outgoing webhooks to the process's metrics. */
@Module({ providers: [WebhookGauges] })
export class WebhookGaugesModule {}
