import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Postgres } from '../database/postgres.js';
import { DeliveryQueue } from '../queue/delivery-queue.js';
import { Metrics } from './metrics.js';
import { outboxBacklog } from './outbox-backlog.js';

/** Several scrapers, or an impatient one, cost the database one round of questions in this time. */
const CACHE_MS = 5_000;

/** Beyond that the exact number tells an operator nothing more. */
const COUNTED_UP_TO = 100_000;

// Indexes webhook_inbox_unprocessed, messages_unknown.
const OTHERS = `
  SELECT (SELECT count(*) FROM (SELECT 1 FROM webhook_inbox WHERE processed_at IS NULL LIMIT 10000) AS waiting) AS inbox,
         coalesce((SELECT extract(epoch FROM now() - min(received_at)) FROM webhook_inbox WHERE processed_at IS NULL), 0)::float8
           AS "inboxOldestAge",
         (SELECT count(*) FROM phone_numbers WHERE paused_at IS NOT NULL) AS paused,
         (SELECT count(*) FROM messages WHERE status = 'unknown') AS unknown,
         (SELECT count(*) FROM delivery_hold) AS held`;

// A component that never beat has no row.
const INTAKE = `SELECT component, greatest(0, extract(epoch FROM now() - beat_at))::float8 AS age FROM intake_health`;

/**
 * Gauges of what waits, read from Postgres and Redis when somebody scrapes. Every process shows the same numbers, so
 * that they are seen while any process lives; aggregate them with `max`, not `sum`.
 */
@Injectable()
export class BacklogGauges implements OnModuleInit {
  private readAt = -Infinity;

  constructor(
    private readonly metrics: Metrics,
    private readonly postgres: Postgres,
    private readonly queue: DeliveryQueue,
  ) {}

  onModuleInit(): void {
    this.metrics.onScrape('postgres', () => this.readPostgres());
    this.metrics.onScrape('delivery_queue', () => this.readQueue());
  }

  private async readPostgres(): Promise<void> {
    if (performance.now() - this.readAt < CACHE_MS) return;
    const outbox = await outboxBacklog(this.postgres, COUNTED_UP_TO);
    const [others] = await this.postgres.query<{
      inbox: number;
      inboxOldestAge: number;
      paused: number;
      unknown: number;
      held: number;
    }>('metrics:others', OTHERS);
    const beats = await this.postgres.query<{ component: string; age: number }>('metrics:intake', INTAKE);
    if (!others) throw new Error('An aggregate answered no row');
    this.metrics.queueDepth.set({ state: 'due' }, outbox.due);
    this.metrics.queueDepth.set({ state: 'scheduled' }, outbox.scheduled);
    this.metrics.queueDepth.set({ state: 'sending' }, outbox.sending);
    this.metrics.queueOldestAge.set(outbox.oldestAge);
    this.metrics.inboxDepth.set(others.inbox);
    this.metrics.inboxOldestAge.set(others.inboxOldestAge);
    this.metrics.pausedNumbers.set(others.paused);
    this.metrics.unknownMessages.set(others.unknown);
    this.metrics.deliveryHeld.set(others.held);
    this.metrics.intakeBeatAge.reset();
    for (const { component, age } of beats) this.metrics.intakeBeatAge.set({ component }, age);
    this.readAt = performance.now();
  }

  private async readQueue(): Promise<void> {
    for (const [state, count] of Object.entries(await this.queue.counts())) {
      this.metrics.queueJobs.set({ state }, count);
    }
  }
}
