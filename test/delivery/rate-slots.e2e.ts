import { randomInt } from 'node:crypto';
import { readSettings } from '../../src/platform/config/settings.js';
import { Log } from '../../src/platform/logging/log.js';
import { LATE_AFTER_MS, RateSlots, type SlotRequest } from '../../src/platform/queue/rate-slots.js';
import { RedisConnections } from '../../src/platform/redis/redis-connections.js';
import { baseEnvironment } from '../support/environment.js';
import { redisReady } from '../support/redis-ready.js';

/** Departures of a number at 80/s within 500 ms. */
const IN_HORIZON = 38;

const settings = readSettings({ ...baseEnvironment(), REDIS_PREFIX: `slots-${randomInt(1e9)}` });
const redis = new RedisConnections(settings, new Log(settings));
const slots = new RateSlots(redis);
let lastNumber = 0;

beforeAll(async () => {
  await redisReady(redis);
  await slots.synchronize();
});
afterAll(() => redis.onModuleDestroy());

const key = (numberId: number, name: string): string => redis.key(`{n:${numberId}}`, name);
// In a cluster of tests every node has the same machine's clock.
const redisNow = async (): Promise<number> => {
  const [seconds, microseconds] = await redis.commands.time();
  return Number(seconds) * 1000 + Number(microseconds) / 1000;
};
/** A number whose first second is over. */
async function number(): Promise<number> {
  const numberId = (lastNumber += 1);
  const long = String((Date.now() - 3600_000) * 1000);
  await redis.commands.hset(key(numberId, 'slots'), { next: long, start: long, epoch: long });
  return numberId;
}
const reserve = (numberId: number, wanted: number, more: Partial<SlotRequest> = {}) =>
  slots.reserve({ numberId, ratePerSecond: 80, wanted, ...more });

/** Most departures in any window of `windowMs`. */
function busiest(departures: number[], windowMs: number): number {
  const sorted = [...departures].sort((a, b) => a - b);
  let most = 0;
  for (let first = 0, last = 0; last < sorted.length; last += 1) {
    while ((sorted[last] ?? 0) - (sorted[first] ?? 0) >= windowMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

describe('rate slots', () => {
  it('let the first message of an idle number leave at once', async () => {
    const numberId = await number();
    const before = await redisNow();
    const [departure = 0] = (await reserve(numberId, 1)).departures;
    expect(departure).toBeGreaterThanOrEqual(before);
    expect(departure).toBeLessThanOrEqual(await redisNow());
  });

  it('lie evenly apart, at 95% of what WhatsApp allows', async () => {
    const { departures } = await reserve(await number(), 10);
    const gaps = departures.slice(1).map((departure, index) => departure - (departures[index] ?? 0));
    for (const gap of gaps) expect(gap).toBeCloseTo(1000 / (80 * 0.95), 2);
  });

  it('are granted as far as the horizon, not one further', async () => {
    const numberId = await number();
    const { departures, room } = await reserve(numberId, 1000);
    // One departure in 13.158 ms: 37 of them reach 486.8 ms after the first, one more would lie at 500.004 ms.
    expect(departures).toHaveLength(IN_HORIZON);
    expect(room).toBe(0);
    expect((departures.at(-1) ?? 0) - (departures[0] ?? 0)).toBeLessThanOrEqual(500);
    expect((await reserve(numberId, 1, { horizonMs: 0 })).departures).toEqual([]);
  });

  it('can be looked at without being taken', async () => {
    const numberId = await number();
    expect(await slots.room({ numberId, ratePerSecond: 80 })).toBe(IN_HORIZON);
    expect(await slots.room({ numberId, ratePerSecond: 80 })).toBe(IN_HORIZON);
    expect((await reserve(numberId, 9)).room).toBe(IN_HORIZON - 9);
  });

  it.each([1, 5, 20, 80, 1000])(
    'never exceed %i in any second, even when every job is as late as it may be',
    async (rate) => {
      const numberId = await number();
      const departures: number[] = [];
      for (let round = 0; round < 6; round += 1) {
        const granted = await Promise.all(
          [1, 2, 3].map(() =>
            slots.reserve({ numberId, ratePerSecond: rate, wanted: 700, horizonMs: 500 * (round + 1) }),
          ),
        );
        departures.push(...granted.flatMap((slot) => slot.departures));
      }
      expect(new Set(departures).size).toBe(departures.length);
      expect(busiest(departures, 1000 + LATE_AFTER_MS)).toBeLessThanOrEqual(rate);
      if (rate >= 20) expect(busiest(departures, 1000)).toBeGreaterThanOrEqual(Math.floor(rate * 0.95));
    },
  );

  it('of different numbers do not touch each other', async () => {
    const [busy, idle] = [await number(), await number()];
    await reserve(busy, 1000);
    expect((await reserve(idle, IN_HORIZON)).departures).toHaveLength(IN_HORIZON);
  });

  it('are used up by what else the number does', async () => {
    const numberId = await number();
    const [first = 0] = (await reserve(numberId, 1)).departures;
    await reserve(numberId, 0, { charge: 100 });
    const [next = 0] = (await reserve(numberId, 1, { horizonMs: 5000 })).departures;
    expect(next - first).toBeCloseTo((101 * 1000) / 76, 0);
  });

  it('are held back when WhatsApp says wait', async () => {
    const numberId = await number();
    await reserve(numberId, 0, { holdMs: 60_000 });
    expect((await reserve(numberId, 1)).departures).toEqual([]);
    const { departures } = await reserve(numberId, 1, { horizonMs: 61_000 });
    expect((departures[0] ?? 0) - (await redisNow())).toBeGreaterThan(59_000);
  });

  it('leave the time that the caller needs, and no more when the number is busy anyway', async () => {
    const numberId = await number();
    const before = await redisNow();
    const [first = 0, second = 0] = (await reserve(numberId, 2, { leadMs: 100 })).departures;
    expect(first - before).toBeGreaterThanOrEqual(100);
    const [third = 0] = (await reserve(numberId, 1, { leadMs: 10 })).departures;
    expect(third - second).toBeCloseTo(second - first, 2);
  });

  it('are further apart for a number that was slowed down', async () => {
    const { departures } = await reserve(await number(), 2, { factor: 0.5 });
    expect((departures[1] ?? 0) - (departures[0] ?? 0)).toBeCloseTo(1000 / (80 * 0.95 * 0.5), 2);
  });
});

describe('a number of which Redis knows nothing', () => {
  it('starts a second later, and all it reserves then lies within the horizon after that', async () => {
    const numberId = (lastNumber += 1);
    const before = await redisNow();
    const { departures } = await reserve(numberId, 1000);
    expect((departures[0] ?? 0) - before).toBeGreaterThanOrEqual(1000);
    expect((departures[0] ?? 0) - (await redisNow())).toBeLessThanOrEqual(1000);
    expect(departures).toHaveLength(IN_HORIZON);
  });

  it('begins a new epoch when Redis was emptied: slots from before are outdated', async () => {
    const numberId = await number();
    const before = await reserve(numberId, 1);
    expect(slots.isOutdated(numberId, before.epoch)).toBe(false);
    await redis.commands.unlink(key(numberId, 'slots'));
    const after = await reserve(numberId, 1);
    expect(after.epoch).toBeGreaterThan(before.epoch);
    expect(slots.isOutdated(numberId, before.epoch)).toBe(true);
    expect(slots.isOutdated(numberId, after.epoch)).toBe(false);
  });
});

describe('the backlog of a number', () => {
  it('keeps new messages back, not the feeder', async () => {
    const numberId = await number();
    await slots.markBacklog(numberId, 5000);
    expect((await reserve(numberId, 3, { respectBacklog: true })).departures).toEqual([]);
    expect((await reserve(numberId, 3)).departures).toHaveLength(3);
    await slots.clearBacklog(numberId);
    expect((await reserve(numberId, 3, { respectBacklog: true })).departures).toHaveLength(3);
  });

  it('is marked, for a while, when not everything fitted', async () => {
    const numberId = await number();
    await reserve(numberId, IN_HORIZON, { markBacklogMs: 4000 });
    expect(await redis.commands.pttl(key(numberId, 'backlog'))).toBe(-2);
    await reserve(numberId, IN_HORIZON, { markBacklogMs: 4000 });
    const left = await redis.commands.pttl(key(numberId, 'backlog'));
    expect(left).toBeGreaterThan(3000);
    expect(left).toBeLessThanOrEqual(4000);
  });
});

describe('the time until a departure', () => {
  it("is told by Redis' clock", async () => {
    const wait = slots.untilDeparture(1, (await redisNow()) + 500) ?? NaN;
    expect(wait).toBeGreaterThan(450);
    expect(wait).toBeLessThanOrEqual(501);
  });

  it('is not known to a process that has not heard from Redis', () => {
    expect(new RateSlots(redis).untilDeparture(1, Date.now())).toBeUndefined();
  });
});
