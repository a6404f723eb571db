import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Worker } from 'bullmq';
import { Cluster } from 'ioredis';
import { Settings } from '../platform/config/settings.js';
import { Health } from '../platform/health/health.js';
import { Log } from '../platform/logging/log.js';
import { DELIVERY_QUEUE, queuePrefix, type DeliveryJob } from '../platform/queue/delivery-queue.js';
import { RateSlots } from '../platform/queue/rate-slots.js';
import type { RedisClient } from '../platform/redis/open-redis.js';
import { RedisConnections } from '../platform/redis/redis-connections.js';
import { JobRunner } from './work/job-runner.js';

/** Jobs are fetched ahead of their slots and wait for them here, so more are in hand than may be in work. */
const FETCHED_PER_PLACE = 4;
/** A worker that froze this long loses its jobs to others; the leases in Postgres keep them from sending twice. */
const LOCK_MS = 30_000;
const STALLED_CHECK_MS = 15_000;
/** How soon after a failure of Redis jobs are fetched again. */
const FETCH_RETRY_MS = 500;
const TIME_RETRY_MS = 500;
/** Clocks drift apart; a sample every few seconds keeps Redis' time exact on an idle worker, too. */
const TIME_SYNC_MS = 5000;

/** Takes from the queue what the API released and what lanes woke. Jobs never fail: what went wrong is found again in Postgres. */
@Injectable()
export class DeliveryWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private worker?: Worker<DeliveryJob>;
  private timer?: NodeJS.Timeout;
  private stopped = false;

  constructor(
    private readonly settings: Settings,
    private readonly redis: RedisConnections,
    private readonly slots: RateSlots,
    private readonly jobs: JobRunner,
    private readonly health: Health,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.health.register('delivery_consumer', 'worker', () => {
      if (!this.worker?.isRunning()) throw new Error('no jobs are fetched');
    });
    // Before Redis' time is known no slot can be judged. Redis may be away for long; the process starts all the same.
    void this.start();
  }

  private async start(): Promise<void> {
    while (!this.stopped && !(await this.synchronize())) {
      await new Promise((resolve) => (this.timer = setTimeout(resolve, TIME_RETRY_MS)));
    }
    if (this.stopped) return;
    this.timer = setInterval(() => void this.synchronize(), TIME_SYNC_MS);
    const connection = this.redis.openWorker('delivery');
    const process = async ({ data }: { data: DeliveryJob }): Promise<void> => {
      await this.jobs.run(data);
      writeTogether(connection);
    };
    this.worker = new Worker<DeliveryJob>(DELIVERY_QUEUE, process, {
      connection,
      prefix: queuePrefix(this.settings),
      concurrency: this.settings.DELIVERY_CONCURRENCY * FETCHED_PER_PLACE,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      runRetryDelay: FETCH_RETRY_MS,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    // Mostly jobs that went away with an emptied Redis.
    this.worker.on('error', (error) => this.log.debug({ err: error }, 'delivery worker'));
  }

  private async synchronize(): Promise<boolean> {
    try {
      await this.slots.synchronize();
      return true;
    } catch (error) {
      this.log.debug({ err: error }, "Redis' time is not known");
      return false;
    }
  }

  /** Finishes what is in work, gives back what waits for its slot. */
  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    // First no more is fetched: what a stopping worker took now it would only give back, for as long as it stops.
    const closing = this.worker?.close();
    this.jobs.giveBackWaiting();
    await closing;
  }
}

/**
 * Jobs end in groups, because their outcomes are committed together. What BullMQ tells Redis about them in this turn
 * of the event loop goes out in one write: system calls cost more than the commands.
 */
function writeTogether(client: RedisClient): void {
  for (const { status, stream } of client instanceof Cluster ? client.nodes('master') : [client]) {
    if (status !== 'ready' || stream.writableCorked > 0) continue;
    stream.cork();
    setImmediate(() => stream.uncork());
  }
}
