import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { Postgres } from '../platform/database/postgres.js';
import { Metrics } from '../platform/metrics/metrics.js';

/** Several scrapers cost the database one question in this time. */
const CACHE_MS = 5_000;

/* The first of the index store_payloads_waiting. */
const OLDEST = `
SELECT coalesce(extract(epoch FROM now() - min(due_at)), 0)::float8 AS age
  FROM store_payloads WHERE next_at IS NOT NULL`;

/** The gauge of stores' payloads, read from Postgres when somebody scrapes; every process shows the same number. */
@Injectable()
export class StoreGauges implements OnModuleInit {
  private readAt = -Infinity;

  constructor(
    private readonly metrics: Metrics,
    private readonly postgres: Postgres,
  ) {}

  onModuleInit(): void {
    this.metrics.onScrape('store_payloads', () => this.read());
  }

  private async read(): Promise<void> {
    if (performance.now() - this.readAt < CACHE_MS) return;
    const [oldest] = await this.postgres.query<{ age: number }>('metrics:store_payloads', OLDEST);
    if (!oldest) throw new Error('An aggregate answered no row');
    this.metrics.stores.oldestAge.set(Math.max(0, oldest.age));
    this.readAt = performance.now();
  }
}

/** Adds the gauge of stores' payloads to the process's metrics. */
@Module({ providers: [StoreGauges] })
export class StoreGaugesModule {}
