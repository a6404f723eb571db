import { jest } from '@jest/globals';
import { Settings } from '../config/settings.js';
import type { RedisConnections } from '../redis/redis-connections.js';
import { RateSlots } from './rate-slots.js';

const HOUR_MS = 3_600_000;
const NO_HISTORY = { levels: () => Promise.resolve([]) };
const settings = new Settings();

describe('slots of numbers on different nodes of a Cluster', () => {
  /** Node a has the odd numbers, node b, whose clock is an hour ahead, the even ones; c cannot be reached. */
  const clock = (ahead: number) => () => {
    const now = Date.now() + ahead;
    return Promise.resolve([String(Math.floor(now / 1000)), String((now % 1000) * 1000)]);
  };
  const nodes = [
    { name: 'a', connection: { time: clock(0) } },
    { name: 'b', connection: { time: clock(HOUR_MS) } },
    { name: 'c', connection: undefined },
  ];
  let reachable = nodes;
  const redis = {
    commands: { defineCommand: jest.fn() },
    key: (...parts: string[]) => parts.join(':'),
    nodeOf: (key: string) => (key.includes('{n:9}') ? 'c' : /{n:\d*[13579]}/.test(key) ? 'a' : 'b'),
    nodes: () => reachable,
  } as unknown as RedisConnections;

  it("are times of the number's own node, however far apart the clocks are", async () => {
    const slots = new RateSlots(redis, NO_HISTORY, settings);
    await slots.synchronize();
    expect(slots.untilDeparture(1, Date.now() + 300)).toBeCloseTo(300, -2);
    expect(slots.untilDeparture(2, Date.now() + HOUR_MS + 300)).toBeCloseTo(300, -2);
  });

  it('cannot be judged while their node has not been heard, and the others can', async () => {
    const slots = new RateSlots(redis, NO_HISTORY, settings);
    await slots.synchronize();
    expect(slots.untilDeparture(9, Date.now())).toBeUndefined();
    expect(slots.untilDeparture(1, Date.now())).toBeDefined();
  });

  it('cannot be judged at all when no node answers', async () => {
    reachable = nodes.slice(2);
    await expect(new RateSlots(redis, NO_HISTORY, settings).synchronize()).rejects.toThrow('c is not connected');
    reachable = [];
    await expect(new RateSlots(redis, NO_HISTORY, settings).synchronize()).rejects.toThrow('no node of Redis is known');
    reachable = nodes;
  });
});
