import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import CircuitBreaker from 'opossum';
import { Settings } from '../config/settings.js';
import { Log } from '../logging/log.js';
import { Metrics } from '../metrics/metrics.js';
import { DeliveryQueue, type DeliveryJob } from './delivery-queue.js';
import { FEED_LEAD_MS, RateSlots } from './rate-slots.js';

/** A committed row whose time has come, under the generation that stands in the row. */
export interface ReleasableMessage {
  id: number;
  generation: number;
  /** Our id of the phone number, and its `rate_per_second`. */
  numberId: number;
  ratePerSecond: number;
  /** When the number was resumed last. */
  resumedAt: Date | null;
  /** Digits, or a WhatsApp user id. */
  recipient: string;
  /** 0 (one-time codes) does not wait for the number's backlog. */
  priority: number;
}

/** Messages that got their departures. */
export interface Reserved {
  jobs: DeliveryJob[];
  /** Those whose pair is full, with the milliseconds until it has room: they hold up nobody else. */
  pairFull: ReadonlyMap<number, number>;
}

/** What became of a release. */
export interface Released extends Pick<Reserved, 'pairFull'> {
  /** On their way. */
  ids: ReadonlySet<number>;
}

/** Whether the departures are for the queue, or for the feeder that asks. */
type For = 'queue' | 'feeder';
type Breaker = CircuitBreaker<[messages: ReleasableMessage[], whom: For], Reserved>;

const NOTHING: Reserved = { jobs: [], pairFull: new Map() };

const TIMEOUT_MS = 1000;

/** How long a number's backlog flag holds: long enough for a feeder to come by and renew it. Milliseconds. */
export function backlogFlagMs({ RECOVERY_INTERVAL_MS }: Settings): number {
  return 1000 + 2 * RECOVERY_INTERVAL_MS;
}

/**
 * Reserves the rate slots of committed messages, and hands them to the workers. It never throws and never takes long:
 * what could not be released stays in Postgres, where the feeder finds it.
 */
@Injectable()
export class DeliveryRelease implements OnModuleDestroy {
  /**
   * By node of Redis: one that is away does not hold up the numbers of the others. And by who asks: without the node of
   * the queue the feeder goes on.
   */
  private readonly breakers = new Map<string, Breaker>();
  private readonly backlogMs: number;

  constructor(
    private readonly slots: RateSlots,
    private readonly queue: DeliveryQueue,
    private readonly metrics: Metrics,
    private readonly log: Log,
    settings: Settings,
  ) {
    this.backlogMs = backlogFlagMs(settings);
  }

  /**
   * Adds the messages' jobs to the queue, and answers what is on its way. A caller whose message is not (Redis away,
   * the number's slots or the queue full, a backlog before it) makes its row due at once, or, when its pair is full, due
   * when that has room: the feeder takes it in turn.
   * A job may exist all the same when Redis answered too late: it competes for the claim like any other.
   */
  async release(messages: ReleasableMessage[]): Promise<Released> {
    if (this.queue.isFull) return { ids: new Set(), pairFull: new Map() };
    const { jobs, pairFull } = await this.place(messages, 'queue');
    return { ids: new Set(jobs.map(({ id }) => id)), pairFull };
  }

  /**
   * For the feeder, which works on what it gets: nothing is added to the queue, and the number's backlog, which is its
   * own, does not hold it back.
   */
  reserve(messages: ReleasableMessage[]): Promise<Reserved> {
    return this.place(messages, 'feeder');
  }

  private async place(messages: ReleasableMessage[], whom: For): Promise<Reserved> {
    const byNode = new Map<string, ReleasableMessage[]>();
    for (const message of messages) {
      const node = this.slots.nodeOf(message.numberId);
      const ofNode = byNode.get(node);
      if (ofNode) ofNode.push(message);
      else byNode.set(node, [message]);
    }
    const placed = await Promise.all([...byNode].map(([node, ofNode]) => this.placeOn(node, ofNode, whom)));
    return {
      jobs: placed.flatMap(({ jobs }) => jobs),
      pairFull: new Map(placed.flatMap(({ pairFull }) => [...pairFull])),
    };
  }

  private async placeOn(node: string, messages: ReleasableMessage[], whom: For): Promise<Reserved> {
    try {
      return await this.breakerOf(node, whom).fire(messages, whom);
    } catch (error) {
      this.log.debug({ err: error, messages: messages.length, node }, 'messages could not be released');
      return NOTHING;
    }
  }

  private breakerOf(node: string, whom: For): Breaker {
    const name = `${whom} ${node}`;
    const known = this.breakers.get(name);
    if (known) return known;
    const breaker: Breaker = new CircuitBreaker((messages, whom) => this.placeNumbers(messages, whom), {
      name: `delivery-release ${name}`,
      timeout: TIMEOUT_MS,
      errorThresholdPercentage: 50,
      volumeThreshold: 3,
      rollingCountTimeout: 5000,
      resetTimeout: 1000,
    });
    breaker.on('open', () => this.log.warn({ node, whom }, 'releases to Redis are suspended'));
    breaker.on('close', () => this.log.info({ node, whom }, 'releases to Redis are resumed'));
    this.breakers.set(name, breaker);
    return breaker;
  }

  private async placeNumbers(messages: ReleasableMessage[], whom: For): Promise<Reserved> {
    const byNumber = new Map<number, ReleasableMessage[]>();
    for (const message of messages) {
      const ofNumber = byNumber.get(message.numberId);
      if (ofNumber) ofNumber.push(message);
      else byNumber.set(message.numberId, [message]);
    }
    const placed = await Promise.allSettled([...byNumber.values()].map((ofNumber) => this.placeNumber(ofNumber, whom)));
    const done = placed.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const jobs = done.flatMap((ofNumber) => ofNumber.jobs);
    const failed = placed.find((result) => result.status === 'rejected');
    if (failed && done.length === 0) throw failed.reason;
    if (whom === 'queue' && jobs.length > 0) await this.queue.add(jobs);
    return { jobs, pairFull: new Map(done.flatMap((ofNumber) => ofNumber.pairFull)) };
  }

  private async placeNumber(
    messages: ReleasableMessage[],
    whom: For,
  ): Promise<{ jobs: DeliveryJob[]; pairFull: [id: number, waitMs: number][] }> {
    const [head] = messages;
    const jobs: DeliveryJob[] = [];
    const pairFull: [id: number, waitMs: number][] = [];
    if (!head) return { jobs, pairFull };
    const { epoch, places } = await this.slots.reserve(
      {
        numberId: head.numberId,
        ratePerSecond: head.ratePerSecond,
        resumedAt: head.resumedAt,
        respectBacklog: whom === 'queue',
        leadMs: whom === 'feeder' ? FEED_LEAD_MS : 0,
        markBacklogMs: this.backlogMs,
      },
      messages.map(({ recipient, priority }) => ({ recipient, urgent: priority === 0 })),
    );
    for (const [index, { id, generation, numberId }] of messages.entries()) {
      const place = places[index];
      if (place?.kind === 'pair_full') pairFull.push([id, place.waitMs]);
      if (place?.kind !== 'departs') continue;
      this.metrics.rateSlotWait.observe(Math.max(0, this.slots.untilDeparture(numberId, place.at) ?? 0) / 1000);
      jobs.push({ id, generation, number_id: numberId, departs_at: place.at, epoch });
    }
    return { jobs, pairFull };
  }

  onModuleDestroy(): void {
    for (const breaker of this.breakers.values()) breaker.shutdown();
  }
}
