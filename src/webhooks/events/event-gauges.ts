import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Postgres } from '../../platform/database/postgres.js';
import { Metrics } from '../../platform/metrics/metrics.js';

/** Beyond that the exact number tells an operator nothing more. */
const COUNTED_UP_TO = 10_000;
/** Several scrapers cost the database one round of questions in this time. */
const CACHE_MS = 5000;

/*
 * Index event_outbox_tenant: each tenant's first row is its oldest, but for the moments between simultaneous transactions.
 * What stands aside is counted in event_outbox_aside.
 */
const OUTBOX = `
WITH RECURSIVE head AS (
  (SELECT tenant_id, occurred_at FROM event_outbox WHERE retry_at IS NULL ORDER BY tenant_id, id LIMIT 1)
  UNION ALL
  SELECT following.* FROM head CROSS JOIN LATERAL (
    SELECT o.tenant_id, o.occurred_at FROM event_outbox o
     WHERE o.retry_at IS NULL AND o.tenant_id > head.tenant_id ORDER BY o.tenant_id, o.id LIMIT 1) AS following)
SELECT coalesce(greatest(0, extract(epoch FROM now() - (SELECT min(occurred_at) FROM head))), 0)::float8 AS age,
       (SELECT count(*) FROM (SELECT FROM event_outbox WHERE retry_at IS NULL LIMIT $1) AS w) AS waiting,
       (SELECT count(*) FROM (SELECT FROM event_outbox WHERE retry_at IS NOT NULL LIMIT $1) AS a) AS aside`;

/** Gauges of the outbox, read when somebody scrapes. Every process shows the same; aggregate them with `max`. */
@Injectable()
export class EventGauges implements OnModuleInit {
  private readAt = -Infinity;

  constructor(
    private readonly metrics: Metrics,
    private readonly postgres: Postgres,
  ) {}

  onModuleInit(): void {
    this.metrics.onScrape('event_outbox', () => this.read());
  }

  private async read(): Promise<void> {
    if (performance.now() - this.readAt < CACHE_MS) return;
    const [outbox] = await this.postgres.query<{ age: number; waiting: number; aside: number }>(
      'events_gauges',
      OUTBOX,
      [COUNTED_UP_TO],
    );
    if (!outbox) throw new Error('An aggregate answered no row');
    this.metrics.events.outboxOldestAge.set(outbox.age);
    this.metrics.events.outboxDepth.set({ state: 'waiting' }, outbox.waiting);
    this.metrics.events.outboxDepth.set({ state: 'aside' }, outbox.aside);
    this.readAt = performance.now();
  }
}
