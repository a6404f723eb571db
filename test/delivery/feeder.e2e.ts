import { randomInt } from 'node:crypto';
import { WokenMessages } from '../../src/delivery/lanes/woken-messages.js';
import { Feeder } from '../../src/delivery/recovery/feeder.js';
import { GiveBack } from '../../src/delivery/recovery/give-back.js';
import { SentPairs } from '../../src/delivery/slots/sent-pairs.js';
import { InFlight } from '../../src/delivery/work/in-flight.js';
import { NumberBreakers } from '../../src/delivery/work/number-breakers.js';
import { Pace } from '../../src/delivery/work/pace.js';
import { Log } from '../../src/platform/logging/log.js';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import { DELIVERY_QUEUE, type DeliveryJob, DeliveryQueue } from '../../src/platform/queue/delivery-queue.js';
import { DeliveryRelease } from '../../src/platform/queue/delivery-release.js';
import { RateSlots } from '../../src/platform/queue/rate-slots.js';
import { RedisConnections } from '../../src/platform/redis/redis-connections.js';
import { eventually } from '../support/eventually.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { redisEnvironment } from '../support/redis-environment.js';
import { RedisProcess } from '../support/redis-process.js';
import { redisReady } from '../support/redis-ready.js';
import { Outbox, type Sender } from './outbox.js';

/** A feeder as a worker has it, with nobody who works on what it releases. */
function feederOf(outbox: Outbox) {
  const { settings } = outbox;
  const log = new Log(settings);
  const redis = new RedisConnections(settings, log);
  const slots = new RateSlots(redis, new SentPairs(outbox.postgres), settings);
  const queue = new DeliveryQueue(settings, redis, log);
  const metrics = new Metrics();
  const release = new DeliveryRelease(slots, queue, metrics, log, settings);
  const pace = new Pace();
  const inFlight = new InFlight(settings);
  const breakers = new NumberBreakers(slots, metrics, log);
  const giveBack = new GiveBack(outbox.postgres);
  const woken = new WokenMessages(release, giveBack, log);
  const jobs: DeliveryJob[] = [];
  const runner = { run: (job: DeliveryJob) => Promise.resolve(void jobs.push(job)) };
  const feeder = new Feeder(
    outbox.postgres,
    release,
    runner,
    slots,
    giveBack,
    woken,
    pace,
    inFlight,
    breakers,
    settings,
    log,
  );
  return {
    feeder,
    jobs,
    pace,
    inFlight,
    breakers,
    slots,
    queue,
    ready: () => redisReady(redis, queue),
    close: async () => {
      release.onModuleDestroy();
      const closing = queue.onModuleDestroy();
      redis.onModuleDestroy();
      await closing;
    },
  };
}

let outbox: Outbox;
let feeder: ReturnType<typeof feederOf>;
const start = async (env: NodeJS.ProcessEnv = {}): Promise<void> => {
  outbox = await Outbox.create({ REDIS_PREFIX: `feeder-${randomInt(1e9)}`, LOG_LEVEL: 'silent', ...env });
  feeder = feederOf(outbox);
};
afterEach(async () => {
  await feeder.close();
  await outbox.close();
});

/** Messages of a number that were released and not given back. */
async function released({ numberId }: Sender): Promise<number> {
  const { rows } = await outbox.postgres.pool.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM messages WHERE number_id = $1 AND generation > 1 AND next_at > now()',
    [numberId],
  );
  return rows[0]?.n ?? NaN;
}

describe('a round of the feeder', () => {
  it('serves every number, and gives what small ones leave to those that can use it', async () => {
    await start();
    await feeder.ready();
    const big = await outbox.sender({ rate: 1000 });
    await outbox.messages(big, 300);
    const small = await Promise.all(Array.from({ length: 10 }, () => outbox.sender()));
    for (const sender of small) await outbox.message(sender);
    const round = await feeder.feeder.round();
    expect(await Promise.all(small.map(released))).toEqual(small.map(() => 1));
    // 40 in all for a process that has just started.
    expect(await released(big)).toBe(40 - small.length);
    expect(round.againInMs).toBeLessThanOrEqual(100);
  });

  it('releases no more than departs within the horizon, and marks the backlog', async () => {
    await start();
    await feeder.ready();
    const sender = await outbox.sender({ rate: 20 });
    await outbox.messages(sender, 50);
    await feeder.feeder.round();
    // 500 ms of a number at 19/s that starts in a second.
    expect(await released(sender)).toBe(10);
    expect(feeder.jobs).toHaveLength(10);
    expect(await feeder.queue.counts()).toMatchObject({ waiting: 0 });
    const request = { numberId: sender.numberId, ratePerSecond: 20, horizonMs: 60_000, respectBacklog: true };
    const api = await feeder.slots.reserve(request, [{ recipient: '15550002', urgent: false }]);
    expect(api.places).toEqual([{ kind: 'no_room' }]);
  });

  it('takes little for a process that has its hands full, and still something of every number', async () => {
    await start();
    await feeder.ready();
    const [a, b] = [await outbox.sender(), await outbox.sender()];
    await outbox.messages(a, 10);
    await outbox.messages(b, 10);
    Array.from({ length: 100 }, () => feeder.pace.take());
    await feeder.feeder.round();
    expect([await released(a), await released(b)]).toEqual([1, 1]);
  });

  it('skips paused numbers, but finds the submissions that lapsed there', async () => {
    await start();
    await feeder.ready();
    const sender = await outbox.sender();
    await outbox.run('UPDATE phone_numbers SET paused_at = now() WHERE id = $1', [sender.numberId]);
    await outbox.messages(sender, 5);
    const lapsed = await outbox.message(sender, {
      status: `'sending'`,
      attempt_no: 1,
      attempt_state: `'submitting'`,
      priority: 4,
    });
    await feeder.feeder.round();
    expect(await released(sender)).toBe(0);
    expect(await outbox.read(lapsed)).toMatchObject({ status: 'unknown' });
  });

  it('puts what its pair has no room for back until it has, and takes that for no backlog', async () => {
    await start();
    await feeder.ready();
    const sender = await outbox.sender({ rate: 1000 });
    const [first = 0, second = 0] = await outbox.messages(sender, 2, { phone: `'15559999'` });
    await outbox.message(sender, { phone: `'15558888'` });
    await feeder.slots.holdPair(sender.numberId, '15559999', 20_000);
    await feeder.feeder.round();
    expect((await outbox.read(first)).next_in_s).toBeCloseTo(20, 0);
    expect((await outbox.read(second)).next_in_s).toBeCloseTo(26, 0);
    expect(feeder.jobs).toHaveLength(1);
    const request = { numberId: sender.numberId, ratePerSecond: 1000, respectBacklog: true };
    const api = await feeder.slots.reserve(request, [{ recipient: '15550002', urgent: false }]);
    expect(api.places).toMatchObject([{ kind: 'departs' }]);
  });

  it('restarts a resumed number at a tenth of its rate', async () => {
    await start();
    await feeder.ready();
    const sender = await outbox.sender({ rate: 200 });
    await outbox.message(sender);
    await feeder.feeder.round();
    await outbox.run('UPDATE phone_numbers SET resumed_at = now() WHERE id = $1', [sender.numberId]);
    await outbox.messages(sender, 50);
    await feeder.feeder.round();
    expect((await feeder.slots.state(sender.numberId, 200))?.factor).toBeCloseTo(0.1, 1);
    // 19/s: ten in half a second, and one that left before.
    expect(await released(sender)).toBeLessThanOrEqual(12);
  });

  it('comes back when the next message is due', async () => {
    await start();
    await feeder.ready();
    await outbox.message(await outbox.sender(), { next_at: `now() + interval '10 seconds'` });
    const { againInMs } = await feeder.feeder.round();
    expect(againInMs).toBeGreaterThan(8000);
    expect(againInMs).toBeLessThanOrEqual(10_000);
  });

  it('knows of nothing when there is nothing', async () => {
    await start();
    await feeder.ready();
    expect(await feeder.feeder.round()).toEqual({ againInMs: null });
  });

  it('leaves everything where it is while Redis is away', async () => {
    await start({ REDIS_URL: 'redis://127.0.0.1:1' });
    const sender = await outbox.sender();
    await outbox.messages(sender, 3);
    await feeder.feeder.round();
    expect(await released(sender)).toBe(0);
  });
});

describe('a number that has its hands full', () => {
  const enter = (numberId: number, times: number) =>
    Promise.all(Array.from({ length: times }, () => feeder.inFlight.enter(numberId)));

  it('is asked for no more than its free places in this process, and the others are not touched by it', async () => {
    await start({ DELIVERY_CONCURRENCY: '50' });
    await feeder.ready();
    const [busy, other] = [await outbox.sender(), await outbox.sender()];
    await outbox.messages(busy, 20);
    await outbox.messages(other, 20);
    await enter(busy.numberId, 7);
    await feeder.feeder.round();
    expect(await released(busy)).toBe(3);
    expect(await released(other)).toBe(10);
    await enter(busy.numberId, 3);
    await feeder.feeder.round();
    expect(await released(busy)).toBe(3);
  });

  it('has no more in work than leaves in two seconds', async () => {
    await start();
    await feeder.ready();
    const slow = await outbox.sender({ rate: 4 });
    await outbox.messages(slow, 20);
    await feeder.feeder.round();
    expect(feeder.inFlight.room(slow.numberId)).toBe(8);
  });

  it('gets nothing while its breaker is open, but its lapsed submissions are found', async () => {
    await start();
    await feeder.ready();
    const [hanging, other] = [await outbox.sender(), await outbox.sender()];
    for (let call = 0; call < 20; call += 1) {
      feeder.breakers.enter(hanging.numberId)?.ended({ kind: 'unknown', reason: 'TIMEOUT' });
    }
    await outbox.messages(hanging, 5);
    await outbox.messages(other, 5);
    const lapsed = await outbox.message(hanging, {
      status: `'sending'`,
      attempt_no: 1,
      attempt_state: `'submitting'`,
      priority: 4,
    });
    await feeder.feeder.round();
    expect([await released(hanging), await released(other)]).toEqual([0, 5]);
    expect(await outbox.read(lapsed)).toMatchObject({ status: 'unknown' });
  });
});

describe('a Redis that hangs', () => {
  let redis: RedisProcess;
  beforeEach(async () => {
    redis = await RedisProcess.start();
  });
  afterEach(async () => {
    redis.signal('SIGCONT');
    await redis.stop();
  });

  it('costs a round one wait, not one for each number; and what lapsed becomes unknown all the same', async () => {
    await start(redisEnvironment(redis.url));
    await feeder.ready();
    const senders = await Promise.all(Array.from({ length: 20 }, () => outbox.sender()));
    for (const sender of senders) await outbox.message(sender);
    const last = await outbox.sender();
    const lapsed = await outbox.message(last, {
      status: `'sending'`,
      attempt_no: 1,
      attempt_state: `'submitting'`,
      priority: 4,
    });
    redis.signal('SIGSTOP');
    const begun = performance.now();
    await feeder.feeder.round();
    // A second each for 20 numbers, four at a time, would be five.
    expect(performance.now() - begun).toBeLessThan(2500);
    expect(await outbox.read(lapsed)).toMatchObject({ status: 'unknown' });
    expect(await Promise.all(senders.map(released))).toEqual(senders.map(() => 0));
    redis.signal('SIGCONT');
    await eventually('a round that releases', async () => {
      await feeder.feeder.round();
      return (await Promise.all(senders.map(released))).every((n) => n === 1) ? true : undefined;
    });
  });
});

it('leaves out the numbers of the node of a Redis Cluster that hangs, and no other', async () => {
  const cluster = await RedisCluster.start();
  try {
    await start(redisEnvironment(cluster.url));
    await feeder.ready();
    const { REDIS_PREFIX: prefix } = outbox.settings;
    const nodeOf = ({ numberId }: Sender) => cluster.nodeOf(`${prefix}:{n:${numberId}}:slots`);
    const queue = await cluster.nodeOf(`{${prefix}}:${DELIVERY_QUEUE}:id`);
    let first = await outbox.sender();
    while ((await nodeOf(first)) === queue) first = await outbox.sender();
    const node = await nodeOf(first);
    // More than are visited at once, and the other one after them.
    const senders = [first];
    let other = first;
    while (senders.length < 6 || (await nodeOf(other)) === node) {
      other = await outbox.sender();
      if ((await nodeOf(other)) === node) senders.push(other);
    }
    for (const sender of [...senders, other]) await outbox.message(sender);
    node.signal('SIGSTOP');
    await feeder.feeder.round().finally(() => node.signal('SIGCONT'));
    expect(await Promise.all(senders.map(released))).toEqual(senders.map(() => 0));
    expect(await released(other)).toBe(1);
  } finally {
    await cluster.stop();
  }
});
