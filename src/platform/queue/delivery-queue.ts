import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Queue } from 'bullmq';
import { Settings } from '../config/settings.js';
import { Log } from '../logging/log.js';
import type { RedisClient } from '../redis/open-redis.js';
import { RedisConnections } from '../redis/redis-connections.js';

/** Name of the queue that holds what leaves within the next moments. */
export const DELIVERY_QUEUE = 'delivery';

/** Jobs that may wait in Redis before nothing more is added: the backlog lives in Postgres. */
export const HIGH_WATER_MARK = 2000;

const POLL_MS = 200;
const REOPEN_MS = 500;

/** What a job knows: ids and numbers only, everything else is read when the message is claimed. */
export interface DeliveryJob {
  /** Message id. */
  id: number;
  /** The release that made this job; a job of an older one steps aside. */
  generation: number;
  /** Our id of the phone number that sends. */
  number_id: number;
  /** The reserved slot: Redis' time in milliseconds. */
  departs_at: number;
  /** Of the slot; see RateSlots. */
  epoch: number;
}

/** Keys of a queue share a hash tag, so that a Cluster keeps them on one node. */
export function queuePrefix(settings: Settings): string {
  return `{${settings.REDIS_PREFIX}}`;
}

/**
 * The producer's side of the BullMQ queue `delivery`. Job ids are `m-<message id>-<generation>` (BullMQ refuses digits
 * alone), and nothing is kept of a finished job, because an id that is remembered would be dropped silently.
 */
@Injectable()
export class DeliveryQueue implements OnModuleDestroy {
  private queue: Queue<DeliveryJob>;
  private connection?: RedisClient;
  private waiting = 0;
  private polledAt = -Infinity;
  private reopening?: NodeJS.Timeout;
  private closed = false;

  constructor(
    private readonly settings: Settings,
    private readonly redis: RedisConnections,
    private readonly log: Log,
  ) {
    this.queue = this.open();
  }

  /** Adds jobs in one round trip. Rejects when Redis is away; some may have been added then. */
  async add(jobs: DeliveryJob[]): Promise<void> {
    await this.queue.addBulk(
      jobs.map((job) => ({ name: 'send', data: job, opts: { jobId: `m-${job.id}-${job.generation}` } })),
    );
  }

  /** More jobs wait than the workers take soon. Polled in the background, at most every 200 ms. */
  get isFull(): boolean {
    if (performance.now() - this.polledAt >= POLL_MS) {
      this.polledAt = performance.now();
      this.queue.getWaitingCount().then(
        (count) => (this.waiting = count),
        // Redis is away: nothing can be released, full or not.
        (error: Error) => this.log.debug({ err: error }, 'the delivery queue could not be counted'),
      );
    }
    return this.waiting >= HIGH_WATER_MARK;
  }

  /** Jobs in Redis by state, for metrics and the operator. */
  counts(): Promise<Record<string, number>> {
    return this.queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized');
  }

  private open(): Queue<DeliveryJob> {
    const queue = new Queue<DeliveryJob>(DELIVERY_QUEUE, {
      // BullMQ never closes a connection that it was given.
      connection: (this.connection ??= this.redis.openProducer('delivery-queue')),
      prefix: queuePrefix(this.settings),
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
      streams: { events: { maxLen: 100 } },
    });
    // The connection reports its own troubles.
    queue.on('error', (error) => this.log.debug({ err: error }, 'delivery queue'));
    // A queue whose first handshake failed (Redis went away in the middle of it) stays broken: make a new one.
    queue.waitUntilReady().catch((error: Error) => {
      if (this.closed) return;
      this.log.debug({ err: error }, 'the delivery queue is opened again');
      this.reopening = setTimeout(() => (this.queue = this.open()), REOPEN_MS);
    });
    return queue;
  }

  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    clearTimeout(this.reopening);
    await this.queue.close();
  }
}
