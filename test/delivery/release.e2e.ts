import { randomInt } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { Queue } from 'bullmq';
import { readSettings } from '../../src/platform/config/settings.js';
import { Log } from '../../src/platform/logging/log.js';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import {
  DELIVERY_QUEUE,
  DeliveryQueue,
  queuePrefix,
  type DeliveryJob,
} from '../../src/platform/queue/delivery-queue.js';
import { DeliveryRelease, type ReleasableMessage } from '../../src/platform/queue/delivery-release.js';
import { RateSlots } from '../../src/platform/queue/rate-slots.js';
import { RedisConnections } from '../../src/platform/redis/redis-connections.js';
import { closeProducer } from '../support/close-producer.js';
import { baseEnvironment } from '../support/environment.js';
import { eventually } from '../support/eventually.js';
import { redisReady } from '../support/redis-ready.js';
import { NO_HISTORY } from './slots-lab.js';

/** Departures of a number at 80/s within the 500 ms for which slots are given out. */
const IN_HORIZON = 38;

/** A producer as an API process has it. */
function producer(redisUrl = baseEnvironment().REDIS_URL) {
  const settings = readSettings({
    ...baseEnvironment(),
    LOG_LEVEL: 'silent',
    REDIS_URL: redisUrl,
    REDIS_PREFIX: `release-${randomInt(1e9)}`,
  });
  const log = new Log(settings);
  const redis = new RedisConnections(settings, log);
  const queue = new DeliveryQueue(settings, redis, log);
  const slots = new RateSlots(redis, NO_HISTORY, settings);
  const release = new DeliveryRelease(slots, queue, new Metrics(), log, settings);
  return {
    settings,
    redis,
    slots,
    queue,
    release,
    ready: () => redisReady(redis, queue),
    close: () => closeProducer({ release, queue, redis }),
  };
}

const message = (id: number, numberId = 1, generation = 1): ReleasableMessage => ({
  id,
  generation,
  numberId,
  ratePerSecond: 80,
  resumedAt: null,
  recipient: `2010${id}`,
  priority: 5,
});

/** The ids that are on their way. */
const release = async (api: ReturnType<typeof producer>, messages: ReleasableMessage[]): Promise<number[]> => [
  ...(await api.release.release(messages)).ids,
];

describe('releasing messages', () => {
  let api: ReturnType<typeof producer>;
  let jobs: Queue<DeliveryJob>;
  beforeEach(async () => {
    api = producer();
    await api.ready();
    jobs = new Queue(DELIVERY_QUEUE, {
      connection: api.redis.openSubscriber('test'),
      prefix: queuePrefix(api.settings),
    });
  });
  afterEach(async () => {
    await jobs.obliterate({ force: true });
    await api.close();
  });

  it('makes one job for each, with ids and numbers only', async () => {
    expect(await release(api, [message(7), message(8)])).toEqual([7, 8]);
    const [first, second] = (await jobs.getWaiting()).sort((a, b) => a.data.id - b.data.id);
    expect(first?.id).toBe('m-7-1');
    expect(first?.data).toEqual({
      id: 7,
      generation: 1,
      number_id: 1,
      departs_at: expect.any(Number) as number,
      epoch: expect.any(Number) as number,
    });
    expect((second?.data.departs_at ?? 0) - (first?.data.departs_at ?? 0)).toBeCloseTo(1000 / 76, 1);
  });

  it('makes one job of a release that is repeated, and another of the next generation', async () => {
    await release(api, [message(7)]);
    await release(api, [message(7)]);
    await release(api, [message(7, 1, 2)]);
    expect((await jobs.getWaiting()).map(({ id }) => id).sort()).toEqual(['m-7-1', 'm-7-2']);
  });

  it('lets go what departs soon; the rest stays, and the number has a backlog from then on', async () => {
    const many = Array.from({ length: 100 }, (_, index) => message(index + 1));
    const released = await release(api, many);
    expect(released).toEqual(many.slice(0, IN_HORIZON).map(({ id }) => id));
    expect(await release(api, [message(500)])).toEqual([]);
    expect(await release(api, [message(501, 2)])).toEqual([501]);
  });

  it('gives each number its own share', async () => {
    const mixed = Array.from({ length: 120 }, (_, index) => message(index + 1, 1 + (index % 3)));
    const released = await release(api, mixed);
    expect(released).toHaveLength(3 * IN_HORIZON);
  });

  it('stops while more jobs wait than the workers take', async () => {
    const waiting = Array.from({ length: 2000 }, (_, index) => ({
      name: 'send',
      data: { id: index, generation: 1, number_id: 9, departs_at: 0, epoch: 0 },
    }));
    await jobs.addBulk(waiting);
    let id = 0;
    await eventually('a full queue', async () => {
      id += 1;
      return (await release(api, [message(id, id)])).length === 0 ? true : undefined;
    });
    await jobs.drain();
    await eventually('room in the queue', async () => {
      id += 1;
      return (await release(api, [message(id, id)])).length === 1 ? true : undefined;
    });
  });

  it('tells how long a pair is full, and lets what is behind it go', async () => {
    const toOne = Array.from({ length: 47 }, (_, index) => ({
      ...message(index + 1),
      ratePerSecond: 1000,
      recipient: 'a',
    }));
    const { ids, pairFull } = await api.release.release([...toOne, { ...message(100), ratePerSecond: 1000 }]);
    expect([...ids]).toEqual([...toOne.slice(0, 45).map(({ id }) => id), 100]);
    expect([...pairFull.keys()]).toEqual([46, 47]);
    // 46th: six seconds after the first, which leaves a second from now; 47th: six seconds later.
    expect(pairFull.get(46)).toBeGreaterThan(6900);
    expect(pairFull.get(46)).toBeLessThanOrEqual(7000);
    expect((pairFull.get(47) ?? 0) - (pairFull.get(46) ?? 0)).toBe(6000);
    // No backlog of the number: the next one goes at once.
    expect(await release(api, [{ ...message(101), ratePerSecond: 1000 }])).toEqual([101]);
  });

  it('lets one-time codes past the backlog', async () => {
    await api.slots.markBacklog(1, 5000);
    expect(await release(api, [message(1), { ...message(2), priority: 0 }, message(3)])).toEqual([2]);
  });

  it('does nothing when there is nothing to release', async () => {
    expect(await release(api, [])).toEqual([]);
  });
});

describe('releasing while Redis is away', () => {
  const took = async (work: Promise<unknown>): Promise<number> => {
    const begun = performance.now();
    await work;
    return performance.now() - begun;
  };

  it('answers nothing, at once, and throws nothing', async () => {
    const api = producer('redis://127.0.0.1:1');
    expect(await release(api, [message(1)])).toEqual([]);
    expect(await took(api.release.release([message(2)]))).toBeLessThan(200);
    await api.close();
  });

  it('waits about a second for a Redis that hangs, then no more', async () => {
    const sockets: Socket[] = [];
    const server: Server = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const api = producer(`redis://127.0.0.1:${port}`);
    for (let id = 1; id <= 4; id += 1) {
      expect(await took(api.release.release([message(id)]))).toBeLessThan(2000);
    }
    expect(await took(api.release.release([message(9)]))).toBeLessThan(100);
    await api.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});
