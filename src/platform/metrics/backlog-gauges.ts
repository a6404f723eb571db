import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Postgres } from '../database/postgres.js';
import { DeliveryQueue } from '../queue/delivery-queue.js';
import { Metrics } from './metrics.js';

/** Several scrapers, or an impatient one, cost the database one round of questions in this time. */
const CACHE_MS = 5_000;

// Index messages_due (partial: only what waits), so the cost follows the backlog, not the table. Counted up to
// 100,000: beyond that the exact number tells an operator nothing more.
const OUTBOX = `
  WITH waiting AS (
    SELECT status, due_at FROM messages
     WHERE status IN ('queued', 'sending') AND next_at IS NOT NULL LIMIT 100000
  )
  SELECT count(*) FILTER (WHERE status = 'queued' AND due_at <= now()) AS due,
         count(*) FILTER (WHERE status = 'queued' AND due_at > now()) AS scheduled,
         count(*) FILTER (WHERE status = 'sending') AS sending,
         coalesce(extract(epoch FROM now() - min(due_at) FILTER (WHERE status = 'queued' AND due_at <= now())), 0)::float8
           AS "oldestAge"
    FROM waiting`;

// Indexes webhook_inbox_unprocessed, messages_unknown.
const OTHERS = `
  SELECT (SELECT count(*) FROM (SELECT 1 FROM webhook_inbox WHERE processed_at IS NULL LIMIT 10000) AS waiting) AS inbox,
         coalesce((SELECT extract(epoch FROM now() - min(received_at)) FROM webhook_inbox WHERE processed_at IS NULL), 0)::float8
           AS "inboxOldestAge",
         (SELECT count(*) FROM phone_numbers WHERE paused_at IS NOT NULL) AS paused,
         (SELECT count(*) FROM messages WHERE status = 'unknown') AS unknown`;

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
    const [outbox] = await this.postgres.query<{ due: number; scheduled: number; sending: number; oldestAge: number }>(
      'metrics:outbox',
      OUTBOX,
    );
    const [others] = await this.postgres.query<{
      inbox: number;
      inboxOldestAge: number;
      paused: number;
      unknown: number;
    }>('metrics:others', OTHERS);
    if (!outbox || !others) throw new Error('An aggregate answered no row');
    this.metrics.queueDepth.set({ state: 'due' }, outbox.due);
    this.metrics.queueDepth.set({ state: 'scheduled' }, outbox.scheduled);
    this.metrics.queueDepth.set({ state: 'sending' }, outbox.sending);
    this.metrics.queueOldestAge.set(outbox.oldestAge);
    this.metrics.inboxDepth.set(others.inbox);
    this.metrics.inboxOldestAge.set(others.inboxOldestAge);
    this.metrics.pausedNumbers.set(others.paused);
    this.metrics.unknownMessages.set(others.unknown);
    this.readAt = performance.now();
  }

  private async readQueue(): Promise<void> {
    for (const [state, count] of Object.entries(await this.queue.counts())) {
      this.metrics.queueJobs.set({ state }, count);
    }
  }
}
