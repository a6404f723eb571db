import { randomInt } from 'node:crypto';
import { readSettings } from '../../src/platform/config/settings.js';
import { Log } from '../../src/platform/logging/log.js';
import { PairHistory } from '../../src/platform/queue/pair-history.js';
import { RateSlots } from '../../src/platform/queue/rate-slots.js';
import type { Place, SlotApplicant, SlotRequest } from '../../src/platform/queue/slot-request.js';
import { RedisConnections } from '../../src/platform/redis/redis-connections.js';
import { baseEnvironment } from '../support/environment.js';
import { redisReady } from '../support/redis-ready.js';

/** A database in which nobody ever sent anything. */
export const NO_HISTORY: PairHistory = { levels: () => Promise.resolve([]) };

/** Departures of a number at 80/s within 500 ms. */
export const IN_HORIZON = 38;
/** Milliseconds between two departures of a number at 80/s. */
export const GAP_MS = 1000 / (80 * 0.95);

/** The rate slots of one process, on the real Redis under a prefix of their own. */
export class SlotsLab {
  readonly redis: RedisConnections;
  readonly slots: RateSlots;
  private lastNumber = 0;
  private lastRecipient = 0;

  constructor(
    history: PairHistory = NO_HISTORY,
    private readonly prefix = `slots-${randomInt(1e9)}`,
  ) {
    const settings = readSettings({ ...baseEnvironment(), REDIS_PREFIX: prefix });
    this.redis = new RedisConnections(settings, new Log(settings));
    this.slots = new RateSlots(this.redis, history, settings);
  }

  async ready(): Promise<void> {
    await redisReady(this.redis);
    await this.slots.synchronize();
  }

  close(): void {
    this.redis.onModuleDestroy();
  }

  /** Another process on the same numbers. */
  another(history?: PairHistory): SlotsLab {
    return new SlotsLab(history, this.prefix);
  }

  /** A number of which Redis knows nothing. */
  newNumber(): number {
    return (this.lastNumber += 1);
  }

  /** A number whose first second is over. */
  async number(): Promise<number> {
    const numberId = this.newNumber();
    const long = String((Date.now() - 3600_000) * 1000);
    await this.redis.commands.hset(this.key(numberId), { next: long, start: long, epoch: long, pairs: '1' });
    return numberId;
  }

  /** Of the number's hash, or another of its keys. */
  key(numberId: number, name = 'slots'): string {
    return this.redis.key(`{n:${numberId}}`, name);
  }

  /** Moves what the number's hash says about the past: its fields, times in microseconds. */
  async age(numberId: number, fields: string[], milliseconds: number): Promise<void> {
    for (const field of fields) {
      await this.redis.commands.hincrby(this.key(numberId), field, -Math.round(milliseconds * 1000));
    }
  }

  /** Redis' time, milliseconds; in a cluster of tests every node has the same machine's clock. */
  async now(): Promise<number> {
    const [seconds, microseconds] = await this.redis.commands.time();
    return Number(seconds) * 1000 + Number(microseconds) / 1000;
  }

  /** Messages to people who got none yet. */
  strangers(count: number, urgent = false): SlotApplicant[] {
    return Array.from({ length: count }, () => ({ recipient: `s${(this.lastRecipient += 1)}`, urgent }));
  }

  /** Places of messages of a number at 80/s. */
  async places(numberId: number, applicants: SlotApplicant[], more: Partial<SlotRequest> = {}): Promise<Place[]> {
    return (await this.slots.reserve({ numberId, ratePerSecond: 80, ...more }, applicants)).places;
  }

  /** Departures of `count` messages to strangers. */
  async departures(numberId: number, count: number, more: Partial<SlotRequest> = {}): Promise<number[]> {
    return departuresOf(await this.places(numberId, this.strangers(count), more));
  }
}

export const departuresOf = (places: Place[]): number[] =>
  places.flatMap((place) => (place.kind === 'departs' ? [place.at] : []));

/** Most departures in any window of `windowMs`. */
export function busiest(departures: number[], windowMs: number): number {
  const sorted = [...departures].sort((a, b) => a - b);
  let most = 0;
  for (let first = 0, last = 0; last < sorted.length; last += 1) {
    while ((sorted[last] ?? 0) - (sorted[first] ?? 0) >= windowMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
