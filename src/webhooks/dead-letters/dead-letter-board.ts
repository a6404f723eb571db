import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import { Settings } from '../../platform/config/settings.js';
import { Postgres } from '../../platform/database/postgres.js';
import { Log } from '../../platform/logging/log.js';
import { Loop } from '../../platform/loop/loop.js';
import { DEAD_LETTER_QUEUE, type DeadLetterJob } from '../../platform/queue/dead-letter-queue.js';
import { queuePrefix } from '../../platform/queue/delivery-queue.js';
import { RedisConnections } from '../../platform/redis/redis-connections.js';
import { ReplaysService } from '../deliveries/replays.service.js';
import { TEST_EVENT } from '../events/event-types.js';

/** The newest that were given up; the rest is reached by the tenant's own replay. */
const MOST = 1000;
/** All workers together look so often. */
const LOOK_MS = 2000;
/** Of what was replayed from the page, to look at. */
const KEPT_COMPLETED = 100;
/** Jobs are short, and none is in a hurry. */
const CONCURRENCY = 2;

/** Who is on record for a replay: everybody who has the operator's password. */
const OPERATOR = { tokenId: null, requestId: null, operator: 'queue pages' };

interface DeadDelivery {
  id: number;
  tenant_id: number;
  webhook_id: number;
  type: string;
  reason: string;
}

/*
 * Index webhook_deliveries_dead, then webhook_deliveries_replays for each row. Those that cannot be replayed, for their
 * endpoint or event is gone, would take the places of others; what came of a test, its tenant has read.
 */
const DEAD = `
SELECT d.id, d.tenant_id, d.webhook_id, e.type,
       coalesce(d.error, 'the endpoint answered ' || d.response_status, 'given up') AS reason
  FROM webhook_deliveries d
  JOIN webhooks w ON w.id = d.webhook_id AND w.tenant_id = d.tenant_id
  JOIN events e ON e.created_at = d.event_created_at AND e.id = d.event_id AND e.type <> '${TEST_EVENT}'
 WHERE d.status = 'dead'
   AND NOT EXISTS (SELECT 1 FROM webhook_deliveries r WHERE r.replay_of = d.id AND r.tenant_id = d.tenant_id)
 ORDER BY d.created_at DESC, d.id DESC LIMIT ${MOST}`;

/**
 * Lays webhook deliveries that were given up out as failed jobs of the queue `webhook-dead-letters`, for the operator's
 * page, and replays those that the operator retries there. What lies there follows Postgres within seconds, whatever
 * becomes of Redis: deliveries that were replayed otherwise go, those that an emptied Redis forgot come back. Whichever
 * worker is the first looks for all of them.
 */
@Injectable()
export class DeadLetterBoard implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: Loop;
  private queue: Queue<DeadLetterJob> | undefined;
  private worker: Worker<DeadLetterJob> | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly postgres: Postgres,
    private readonly redis: RedisConnections,
    private readonly replays: ReplaysService,
    private readonly log: Log,
  ) {
    this.loop = new Loop(
      { run: () => this.layOut(), afterFailureMs: LOOK_MS, failed: 'dead letters could not be laid out' },
      log,
    );
  }

  onApplicationBootstrap(): void {
    const prefix = queuePrefix(this.settings);
    const troubled = (error: Error): void => this.log.debug({ err: error }, 'dead letters');
    this.queue = new Queue(DEAD_LETTER_QUEUE, { connection: this.redis.openProducer('dead-letters'), prefix });
    this.queue.on('error', troubled);
    this.worker = new Worker<DeadLetterJob>(DEAD_LETTER_QUEUE, (job) => this.work(job), {
      connection: this.redis.openWorker('dead-letters'),
      prefix,
      concurrency: CONCURRENCY,
      removeOnComplete: { count: KEPT_COMPLETED },
    });
    this.worker.on('error', troubled);
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
    await Promise.all([this.worker?.close(), this.queue?.close()]);
  }

  /**
   * A new job becomes a failed one, which is its first attempt; one that has failed before was retried on the page. A job
   * whose worker was lost before its end has made no attempt, and comes again as what it was.
   */
  private async work(job: Job<DeadLetterJob>): Promise<{ replayed_as: number } | { gone: true }> {
    if (job.attemptsMade === 0) throw new UnrecoverableError(job.data.reason);
    const { tenant_id: tenantId, delivery_id: deliveryId } = job.data;
    // Once, whoever comes again.
    const replayed = await this.replays.replayDead({ ...OPERATOR, tenantId }, deliveryId);
    return replayed === undefined ? { gone: true } : { replayed_as: replayed.id };
  }

  private async layOut(): Promise<number> {
    const { queue } = this;
    if (!queue || !(await this.isFirst())) return LOOK_MS;
    const dead = new Map(
      (await this.postgres.query<DeadDelivery>('dead_letters', DEAD)).map((one) => [`d-${one.id}`, one]),
    );
    const laidOut = await queue.getRanges(['failed'], 0, 2 * MOST);
    await Promise.all(laidOut.filter((id) => !dead.has(id)).map((id) => queue.remove(id)));
    const there = new Set(laidOut);
    await queue.addBulk(
      [...dead].flatMap(([jobId, { id, tenant_id, webhook_id, type, reason }]) =>
        there.has(jobId)
          ? []
          : [
              {
                name: type,
                data: { delivery_id: id, webhook_id, tenant_id, reason },
                opts: { jobId },
              },
            ],
      ),
    );
    return LOOK_MS;
  }

  /** Nobody has looked within this interval. Shorter than the pause, so that who looks alone does so each time. */
  private async isFirst(): Promise<boolean> {
    const key = this.redis.key('dead-letters', 'looked');
    return (await this.redis.commands.set(key, 1, 'PX', LOOK_MS * 0.9, 'NX')) === 'OK';
  }
}
