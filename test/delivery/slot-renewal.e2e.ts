import { randomInt } from 'node:crypto';
import { jest } from '@jest/globals';
import { SlotRenewal } from '../../src/delivery/slots/slot-renewal.js';
import { readSettings } from '../../src/platform/config/settings.js';
import { Log } from '../../src/platform/logging/log.js';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import { RateSlots } from '../../src/platform/queue/rate-slots.js';
import { RedisConnections } from '../../src/platform/redis/redis-connections.js';
import { baseEnvironment } from '../support/environment.js';
import { redisReady } from '../support/redis-ready.js';
import { NO_HISTORY } from './slots-lab.js';

/** A worker's part of it. */
function renewalOn(redisUrl = baseEnvironment().REDIS_URL) {
  const settings = readSettings({
    ...baseEnvironment(),
    LOG_LEVEL: 'silent',
    REDIS_URL: redisUrl,
    REDIS_PREFIX: `renewal-${randomInt(1e9)}`,
  });
  const log = new Log(settings);
  const redis = new RedisConnections(settings, log);
  const slots = new RateSlots(redis, NO_HISTORY, settings);
  return { redis, slots, renewal: new SlotRenewal(slots, new Metrics(), log) };
}

const late = (numberId: number) => ({
  numberId,
  ratePerSecond: 80,
  recipient: '201000000000',
  missed: { departsAt: 1, epoch: 1 },
});

describe('jobs that missed their slots', () => {
  let worker: ReturnType<typeof renewalOn>;
  beforeAll(async () => {
    worker = renewalOn();
    await redisReady(worker.redis);
    // They had slots before.
    for (const numberId of [1, 2, 3]) {
      await worker.slots.reserve({ numberId, ratePerSecond: 80 }, [{ recipient: '201000000000', urgent: false }]);
    }
  });
  afterAll(() => worker.redis.onModuleDestroy());

  it('get new ones in order, as far apart as the rate says, by one call for all that ask together', async () => {
    const renew = jest.spyOn(worker.slots, 'renew');
    const renewed = await Promise.all(Array.from({ length: 10 }, () => worker.renewal.renew(late(1))));
    expect(renew).toHaveBeenCalledTimes(1);
    const departures = renewed.map((slot) => slot?.departsAt ?? NaN);
    for (const [index, departure] of departures.slice(1).entries()) {
      expect(departure - (departures[index] ?? 0)).toBeCloseTo(1000 / 76, 2);
    }
  });

  it('get none when the number has none soon', async () => {
    await worker.slots.hold(2, 10_000);
    expect(await worker.renewal.renew(late(2))).toBeNull();
  });

  it('of another number are not touched by that', async () => {
    const [none, some] = await Promise.all([worker.renewal.renew(late(2)), worker.renewal.renew(late(3))]);
    expect(none).toBeNull();
    expect(some).not.toBeNull();
  });

  it('get none of a number whose pairs are not known since Redis was emptied: the feeder restores them', async () => {
    expect(await worker.renewal.renew(late(4))).toBeNull();
  });

  it('get none, and no error, while Redis is away', async () => {
    const away = renewalOn('redis://127.0.0.1:1');
    expect(await away.renewal.renew(late(1))).toBeNull();
    away.redis.onModuleDestroy();
  });
});
