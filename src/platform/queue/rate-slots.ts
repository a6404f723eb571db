import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { RedisConnections, type RedisNode } from '../redis/redis-connections.js';
import { PairHistory } from './pair-history.js';
import { RedisTime } from './redis-time.js';
import type { LateApplicant, Place, RateState, SlotApplicant, SlotRequest } from './slot-request.js';
import { defineSlotScripts, type SlotReply } from './slot-scripts.js';

/**
 * Share of WhatsApp's limit that is used. With LATE_AFTER_MS it keeps every sliding second within the limit: in one
 * second plus 25 ms lie at most 0.95 × 1.025 = 0.974 of it, and the rest is for what network and receiver add.
 */
export const USED_SHARE = 0.95;

/** A departure that is this much too late is not made up for: the job reserves again. Milliseconds. */
export const LATE_AFTER_MS = 25;

/** How far ahead slots are given out, milliseconds: no more than this of a number's messages is released. */
export const HORIZON_MS = 500;

/** The same for urgent messages: with an ordinary horizon given away there is room for them behind it. */
export const URGENT_HORIZON_MS = 1000;

/** How long a message of the backlog takes from its release until it can be written, with some to spare. */
export const FEED_LEAD_MS = 40;

/**
 * Time in which a rate that was cut to nothing would be whole again, milliseconds; half of it for one that was halved.
 * The growth is even: a refusal costs more the sooner it comes after the last.
 */
export const RECOVERY_MS = 60_000;

/** From the end of a breaker's wait until its probe was made and answered, at most; the breaker is told of so long. */
const PROBE_MS = 120_000;

/** Pairs that one call restores. */
const RESTORED_AT_ONCE = 1000;
const MICROSECONDS = 1000;

interface Ask extends SlotRequest {
  wanted: number;
  applicants?: readonly SlotApplicant[];
  missed?: readonly LateApplicant[];
  charge?: number;
  holdMs?: number;
  adapt?: 'slow' | 'gentle';
}

/**
 * The rate of each phone number and of each of its pairs, shared by all processes: departures are given out by one Lua
 * script with Redis' time. Rejects when Redis is away or slow (the connection's time-out).
 */
@Injectable()
export class RateSlots {
  /** By node of Redis: in a Cluster each has a clock of its own, and a number's slots are times of its node. */
  private readonly times = new Map<string, RedisTime>();
  private readonly epochs = new Map<number, number>();
  private readonly restoring = new Map<number, Promise<void>>();
  private readonly pair: { burst: number; intervalMs: number };

  constructor(
    private readonly redis: RedisConnections,
    private readonly history: PairHistory,
    { PAIR_BURST, PAIR_INTERVAL_MS }: Settings,
  ) {
    this.pair = { burst: PAIR_BURST, intervalMs: PAIR_INTERVAL_MS };
    defineSlotScripts(redis.commands);
  }

  /**
   * Departures for messages, each of its number and its pair together, in the order given; one call of Redis. A message
   * whose pair is full stops no other. When Redis was emptied the pairs are restored from the database first.
   */
  async reserve(
    request: SlotRequest,
    applicants: readonly SlotApplicant[],
  ): Promise<{ epoch: number; places: Place[] }> {
    let reply = await this.ask({ ...request, wanted: applicants.length, applicants });
    if (applicants.length > 0 && reply[2] === 0) {
      await this.restore(request.numberId, reply[1]);
      reply = await this.ask({ ...request, wanted: applicants.length, applicants });
      if (reply[2] === 0) throw new Error('The slots were emptied again while they were restored');
    }
    const [, epoch, , , , , , , ...places] = reply;
    return { epoch, places: places.map(placeOf) };
  }

  /**
   * New departures for messages that reserved before and missed theirs, one for each; null: none before the horizon, or
   * its pair has no room. A pair is charged for what it has recovered since the missed departure: what was not sent
   * then is sent now, among what was reserved meanwhile.
   */
  async renew(
    request: SlotRequest,
    missed: readonly LateApplicant[],
  ): Promise<{ epoch: number; departures: (number | null)[] }> {
    const [, epoch, , , , , , , ...places] = await this.ask({ ...request, wanted: missed.length, missed });
    return {
      epoch,
      departures: missed.map((_, index) => {
        const place = places[index] ?? 0;
        return place > 0 ? place / MICROSECONDS : null;
      }),
    };
  }

  /** How many departures would fit before the horizon now, of ordinary or of urgent messages; reserves nothing. */
  async room({ urgent, ...request }: SlotRequest & { urgent?: boolean }): Promise<number> {
    const reply = await this.ask({ ...request, wanted: 0 });
    return urgent ? reply[7] : reply[6];
  }

  /**
   * WhatsApp refused the number's rate: it is halved, and grows back evenly (RECOVERY_MS). Refusals within a second
   * count once.
   */
  async slowDown(numberId: number): Promise<void> {
    await this.ask({ numberId, ratePerSecond: 1, wanted: 0, adapt: 'slow' });
  }

  /** The number sends again after a stop: it starts at a tenth of its rate and grows back evenly (RECOVERY_MS). */
  async restartGently(numberId: number): Promise<void> {
    await this.ask({ numberId, ratePerSecond: 1, wanted: 0, adapt: 'gentle' });
  }

  /** Nothing more of the number is reserved for departure before `milliseconds` from now. */
  async hold(numberId: number, milliseconds: number): Promise<void> {
    await this.ask({ numberId, ratePerSecond: 1, wanted: 0, holdMs: milliseconds });
  }

  /**
   * The number's calls hang: it is held, and until after the next probe everybody is told why ({@link state}).
   * @param milliseconds until the probe
   */
  async openBreaker(numberId: number, milliseconds: number): Promise<void> {
    await Promise.all([
      this.hold(numberId, milliseconds),
      this.redis.commands.set(this.key(numberId, 'breaker'), '1', 'PX', Math.ceil(milliseconds + PROBE_MS)),
    ]);
  }

  /** The number's calls are answered again: it starts gently. */
  async closeBreaker(numberId: number): Promise<void> {
    await Promise.all([this.restartGently(numberId), this.redis.commands.unlink(this.key(numberId, 'breaker'))]);
  }

  /** WhatsApp refused the pair: one message may leave after `milliseconds`, then as its long-run limit allows. */
  async holdPair(numberId: number, recipient: string, milliseconds: number): Promise<void> {
    await this.redis.commands.holdPair(
      this.pairKey(numberId, recipient),
      Math.ceil(milliseconds * MICROSECONDS),
      this.pair.burst,
      this.pair.intervalMs * MICROSECONDS,
    );
  }

  /** Something else used up the number's rate: inbound messages count, too. Keeps it back by a second at most. */
  async charge(numberId: number, ratePerSecond: number, count: number): Promise<void> {
    await this.ask({ numberId, ratePerSecond, wanted: 0, charge: count });
  }

  /** The number's rate as it is; null when Redis knows nothing of it. Changes nothing. */
  async state(numberId: number, ratePerSecond: number): Promise<RateState | null> {
    const [known, breaker] = await Promise.all([
      this.redis.commands.exists(this.key(numberId, 'slots')),
      this.redis.commands.exists(this.key(numberId, 'breaker')),
    ]);
    if (known === 0) return null;
    const [now, , , factor, next, held] = await this.ask({ numberId, ratePerSecond, wanted: 0 });
    return {
      factor: Number(factor),
      allowedPerSecond: ratePerSecond * USED_SHARE * Number(factor),
      nextFreeAt: next / MICROSECONDS,
      heldUntil: held > now ? held / MICROSECONDS : null,
      breakerOpen: breaker === 1,
    };
  }

  /** Says for this long that the number has a backlog: the API leaves its messages to the feeder. */
  async markBacklog(numberId: number, milliseconds: number): Promise<void> {
    await this.redis.commands.set(this.key(numberId, 'backlog'), '1', 'PX', milliseconds);
  }

  /** The number's backlog is gone. */
  async clearBacklog(numberId: number): Promise<void> {
    await this.redis.commands.unlink(this.key(numberId, 'backlog'));
  }

  /**
   * Learns Redis' time, of each node that answers; a process that has not reserved anything yet must do so before it
   * can judge a slot. Rejects when no node answers.
   */
  async synchronize(): Promise<void> {
    const asked = await Promise.allSettled(this.redis.nodes().map((node) => this.askTime(node)));
    if (asked.some(({ status }) => status === 'fulfilled')) return;
    throw asked.find((result) => result.status === 'rejected')?.reason ?? new Error('no node of Redis is known');
  }

  private async askTime({ name, connection }: RedisNode): Promise<void> {
    if (!connection) throw new Error(`${name} is not connected`);
    const sent = performance.now();
    const [seconds, microseconds] = await connection.time();
    this.timeOf(name).learn(sent, performance.now(), Number(seconds) * 1000 + Number(microseconds) / MICROSECONDS);
  }

  /** Milliseconds until a departure of the number; negative when it has passed. Undefined while the time is unknown. */
  untilDeparture(numberId: number, departsAt: number): number | undefined {
    const now = this.times.get(this.nodeOf(numberId))?.now();
    return now === undefined ? undefined : departsAt - now;
  }

  /**
   * The node of Redis that has the number, empty when there is only one: what fails of one number fails of all that
   * share its node, and of no other.
   */
  nodeOf(numberId: number): string {
    return this.redis.nodeOf(this.key(numberId, 'slots'));
  }

  private timeOf(node: string): RedisTime {
    let time = this.times.get(node);
    if (!time) this.times.set(node, (time = new RedisTime()));
    return time;
  }

  /** Whether a slot was reserved before Redis was emptied, as far as this process has heard. */
  isOutdated(numberId: number, epoch: number): boolean {
    return epoch < (this.epochs.get(numberId) ?? 0);
  }

  private async ask(ask: Ask): Promise<SlotReply> {
    const { numberId, ratePerSecond, applicants = [], missed = [], horizonMs = HORIZON_MS } = ask;
    const recipients = [...applicants, ...missed].map(({ recipient }) => recipient);
    const sent = performance.now();
    const reply = await this.redis.commands.reserveSlots(
      2 + recipients.length,
      this.key(numberId, 'slots'),
      this.key(numberId, 'backlog'),
      ...recipients.map((recipient) => this.pairKey(numberId, recipient)),
      Math.ceil(1_000_000 / (ratePerSecond * USED_SHARE)),
      ask.wanted,
      horizonMs * MICROSECONDS,
      Math.max(horizonMs, URGENT_HORIZON_MS) * MICROSECONDS,
      applicants.map(({ urgent }) => (urgent ? '1' : '0')).join(''),
      ask.respectBacklog ? 1 : 0,
      ask.markBacklogMs ?? 0,
      ask.charge ?? 0,
      Math.ceil((ask.holdMs ?? 0) * MICROSECONDS),
      Math.ceil((ask.leadMs ?? 0) * MICROSECONDS),
      ask.adapt ?? '',
      RECOVERY_MS * MICROSECONDS,
      ask.resumedAt?.getTime() ?? 0,
      this.pair.burst,
      this.pair.intervalMs * MICROSECONDS,
      missed.map(({ departedAt }) => Math.round(departedAt * MICROSECONDS)).join(','),
    );
    const [now, epoch] = reply;
    this.timeOf(this.nodeOf(numberId)).learn(sent, performance.now(), now / MICROSECONDS);
    this.epochs.set(numberId, epoch);
    return reply;
  }

  /** Reads the pairs of the number from the database into Redis; callers of one process share one reading. */
  private restore(numberId: number, epoch: number): Promise<void> {
    const running = this.restoring.get(numberId);
    if (running) return running;
    const restoring = this.restorePairs(numberId, epoch).finally(() => this.restoring.delete(numberId));
    this.restoring.set(numberId, restoring);
    return restoring;
  }

  private async restorePairs(numberId: number, epoch: number): Promise<void> {
    const levels = await this.history.levels(numberId, this.pair);
    for (let from = 0; from === 0 || from < levels.length; from += RESTORED_AT_ONCE) {
      const some = levels.slice(from, from + RESTORED_AT_ONCE);
      await this.redis.commands.restorePairs(
        1 + some.length,
        this.key(numberId, 'slots'),
        ...some.map(({ recipient }) => this.pairKey(numberId, recipient)),
        epoch,
        from + RESTORED_AT_ONCE >= levels.length ? 1 : 0,
        ...some.map(({ unusedInMs }) => Math.ceil(unusedInMs * MICROSECONDS)),
      );
    }
  }

  private pairKey(numberId: number, recipient: string): string {
    return this.key(numberId, `pair:${recipient}`);
  }

  // The hash tag keeps the keys of one number on one node of a Cluster.
  private key(numberId: number, name: string): string {
    return this.redis.key(`{n:${numberId}}`, name);
  }
}

function placeOf(place: number): Place {
  if (place > 0) return { kind: 'departs', at: place / MICROSECONDS };
  return place < 0 ? { kind: 'pair_full', waitMs: Math.ceil(-place / MICROSECONDS) } : { kind: 'no_room' };
}
