import { jest } from '@jest/globals';
import { RedisTime } from './redis-time.js';

describe("Redis' time", () => {
  let local = 0;
  beforeEach(() => {
    local = 1000;
    jest.spyOn(performance, 'now').mockImplementation(() => local);
  });
  afterEach(() => jest.restoreAllMocks());

  /** A reply that took `trip` milliseconds, from a Redis whose clock is `ahead` of the local one. */
  const reply = (time: RedisTime, ahead: number, trip: number, share = 0.5): void => {
    const sent = local;
    local += trip;
    time.learn(sent, local, sent + trip * share + ahead);
  };

  it('is not known before the first reply', () => {
    expect(new RedisTime().now()).toBeUndefined();
  });

  it('does not care how far apart the clocks are', () => {
    const time = new RedisTime();
    const threeYears = 1e11;
    reply(time, threeYears, 2);
    expect(time.now()).toBeCloseTo(local + threeYears, 6);
    local += 500;
    expect(time.now()).toBeCloseTo(local + threeYears, 6);
  });

  it('is wrong by at most half the round trip', () => {
    const time = new RedisTime();
    reply(time, 0, 10, 0);
    expect(Math.abs((time.now() ?? 0) - local)).toBeLessThanOrEqual(5);
  });

  it('keeps the better of two samples', () => {
    const time = new RedisTime();
    reply(time, 7000, 1);
    reply(time, 7000, 200, 0.9);
    expect(time.now()).toBeCloseTo(local + 7000, 6);
  });

  it('takes a worse sample once the better one is old', () => {
    const time = new RedisTime();
    reply(time, 7000, 0.1);
    local += 60_000;
    reply(time, 7010, 40);
    expect(time.now()).toBeCloseTo(local + 7010, 6);
  });

  it('follows a clock that was set', () => {
    const time = new RedisTime();
    reply(time, 7000, 1);
    reply(time, -30_000, 3);
    expect(time.now()).toBeCloseTo(local - 30_000, 6);
  });
});
