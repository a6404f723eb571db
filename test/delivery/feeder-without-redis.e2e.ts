import { DELIVERY_QUEUE } from '../../src/platform/queue/delivery-queue.js';
import { eventually } from '../support/eventually.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { redisEnvironment } from '../support/redis-environment.js';
import { RedisProcess } from '../support/redis-process.js';
import { type FeederLab, startFeeder } from './feeder-lab.js';
import type { Outbox, Sender } from './outbox.js';

let lab: FeederLab;
let outbox: Outbox;
const start = async (env: NodeJS.ProcessEnv = {}): Promise<void> => {
  lab = await startFeeder(env);
  ({ outbox } = lab);
};
const released = (sender: Sender): Promise<number> => lab.released(sender);
afterEach(() => lab.close());

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
    await lab.ready();
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
    await lab.feeder.round();
    // A second each for 20 numbers, four at a time, would be five.
    expect(performance.now() - begun).toBeLessThan(2500);
    expect(await outbox.read(lapsed)).toMatchObject({ status: 'unknown' });
    expect(await Promise.all(senders.map(released))).toEqual(senders.map(() => 0));
    expect(lab.jobs).toEqual([]);
    redis.signal('SIGCONT');
    await eventually('a round that releases', async () => {
      await lab.feeder.round();
      return (await Promise.all(senders.map(released))).every((n) => n === 1) ? true : undefined;
    });
  });
});

it('leaves out the numbers of the node of a Redis Cluster that hangs, and no other', async () => {
  const cluster = await RedisCluster.start();
  try {
    await start(redisEnvironment(cluster.url));
    await lab.ready();
    const { REDIS_PREFIX: prefix } = outbox.settings;
    const nodeOf = ({ numberId }: Sender) => cluster.nodeOf(`${prefix}:{n:${numberId}}:slots`);
    // The one with the queue: the feeder works on its releases itself.
    const node = await cluster.nodeOf(`{${prefix}}:${DELIVERY_QUEUE}:id`);
    let first = await outbox.sender();
    while ((await nodeOf(first)) !== node) first = await outbox.sender();
    // More than are visited at once, and the other one after them.
    const senders = [first];
    let other = first;
    while (senders.length < 6 || (await nodeOf(other)) === node) {
      other = await outbox.sender();
      if ((await nodeOf(other)) === node) senders.push(other);
    }
    for (const sender of [...senders, other]) await outbox.message(sender);
    node.signal('SIGSTOP');
    await lab.feeder.round().finally(() => node.signal('SIGCONT'));
    expect(await Promise.all(senders.map(released))).toEqual(senders.map(() => 0));
    expect(await released(other)).toBe(1);
    expect(lab.jobs.map(({ number_id: numberId }) => numberId)).toEqual([other.numberId]);
  } finally {
    await cluster.stop();
  }
});
