import { jest } from '@jest/globals';
import { readSettings } from '../../src/platform/config/settings.js';
import { Log } from '../../src/platform/logging/log.js';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import { DELIVERY_QUEUE, DeliveryQueue } from '../../src/platform/queue/delivery-queue.js';
import { DeliveryRelease, type ReleasableMessage } from '../../src/platform/queue/delivery-release.js';
import { RateSlots } from '../../src/platform/queue/rate-slots.js';
import { RedisConnections } from '../../src/platform/redis/redis-connections.js';
import { SendingLab } from '../delivery/sending-lab.js';
import { NO_HISTORY } from '../delivery/slots-lab.js';
import { baseEnvironment } from '../support/environment.js';
import { eventually } from '../support/eventually.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { redisEnvironment } from '../support/redis-environment.js';
import type { RedisProcess } from '../support/redis-process.js';
import { redisReady } from '../support/redis-ready.js';
import type { TestTenant } from '../support/tenant.js';

jest.setTimeout(180_000);

const MESSAGES = 400;
const RATE = 80;

/** Real: a Cluster of three masters without replicas, API, worker, sandbox. */
describe('a master of a Redis Cluster that is killed and started again, empty, during sending', () => {
  let cluster: RedisCluster;
  let lab: SendingLab;

  beforeAll(async () => {
    cluster = await RedisCluster.start();
    lab = await SendingLab.start({ redisUrl: cluster.url, env: { RELEASE_LEASE_S: '2' } });
  });
  afterAll(async () => {
    await lab.stop();
    await cluster.stop();
  });

  const nodeOfNumber = ({ numberId }: TestTenant): Promise<RedisProcess> =>
    cluster.nodeOf(`${lab.installation.redis.prefix}:{n:${numberId}}:slots`);
  const nodeOfQueue = (): Promise<RedisProcess> =>
    cluster.nodeOf(`{${lab.installation.redis.prefix}}:${DELIVERY_QUEUE}:id`);
  const sent = async (tenant: TestTenant): Promise<number> => (await tenant.control.counts(tenant.phoneNumberId)).total;
  const sentAtLeast = (tenant: TestTenant, count: number): Promise<number> =>
    eventually(`${count} messages being sent`, async () => {
      const total = await sent(tenant);
      return total >= count ? total : undefined;
    });

  /** A tenant whose number lies on such a node, with a message that was sent. */
  async function tenantOn(fits: (node: RedisProcess) => boolean): Promise<TestTenant> {
    for (;;) {
      const tenant = await lab.tenant({ throughput: RATE });
      if (!fits(await nodeOfNumber(tenant))) continue;
      await lab.sendOne(tenant);
      await lab.settled(tenant);
      return tenant;
    }
  }

  /** Everything went out, once. */
  async function expectSentOnce(tenant: TestTenant, count: number): Promise<void> {
    const messages = await lab.settled(tenant, 90_000);
    expect(messages).toHaveLength(count);
    expect(messages.filter(({ status }) => !['sent', 'delivered', 'read'].includes(status))).toEqual([]);
    const { total, duplicates } = await tenant.control.counts(tenant.phoneNumberId);
    expect({ total, duplicates }).toEqual({ total: count, duplicates: {} });
    const { max_accepted_per_sliding_second } = await tenant.control.stats(tenant.phoneNumberId);
    expect(max_accepted_per_sliding_second).toBeLessThanOrEqual(RATE);
  }

  it('takes its own numbers away, and no other; nothing is lost, nothing sent twice', async () => {
    const queue = await nodeOfQueue();
    const hit = await tenantOn((node) => node !== queue);
    const node = await nodeOfNumber(hit);
    const other = await tenantOn((candidate) => candidate !== node);
    await lab.fill(hit, MESSAGES);
    await lab.fill(other, MESSAGES * 2);
    await Promise.all([sentAtLeast(hit, 20), sentAtLeast(other, 20)]);

    await node.crash();
    const [before, otherBefore] = [await sent(hit), await sent(other)];
    // More than what was on its way at that moment.
    await sentAtLeast(other, otherBefore + 4 * RATE);
    expect((await sent(hit)) - before).toBeLessThan(RATE);
    // What comes in meanwhile is accepted.
    await lab.sendOne(hit, '201077777777');
    await cluster.restart(node);

    await expectSentOnce(hit, MESSAGES + 2);
    await expectSentOnce(other, MESSAGES * 2 + 1);
  });

  it('with the queue on it stops its own numbers alone; nothing is lost, nothing sent twice', async () => {
    const node = await nodeOfQueue();
    const tenants = [await tenantOn((own) => own === node), await tenantOn((own) => own !== node)];
    for (const tenant of tenants) await lab.fill(tenant, MESSAGES);
    await Promise.all(tenants.map((tenant) => sentAtLeast(tenant, 20)));

    await node.crash();
    for (const tenant of tenants) await lab.sendOne(tenant, '201077777777');
    const [, other] = tenants;
    if (other) await sentAtLeast(other, MESSAGES + 2);
    await cluster.restart(node);

    for (const tenant of tenants) await expectSentOnce(tenant, MESSAGES + 2);
  });
});

/** Real: a Cluster of three masters, and the part of a process that releases messages. */
describe('releases to a Redis Cluster of which one master is away', () => {
  it('fail at once for its numbers, and go on for the others', async () => {
    const cluster = await RedisCluster.start();
    const settings = readSettings({ ...baseEnvironment(), ...redisEnvironment(cluster.url), LOG_LEVEL: 'silent' });
    const log = new Log(settings);
    const redis = new RedisConnections(settings, log);
    const slots = new RateSlots(redis, NO_HISTORY, settings);
    const queue = new DeliveryQueue(settings, redis, log);
    const release = new DeliveryRelease(slots, queue, new Metrics(), log, settings);
    try {
      await redisReady(redis, queue);

      const message = (numberId: number, id: number): ReleasableMessage => ({
        id,
        generation: 1,
        numberId,
        ratePerSecond: RATE,
        resumedAt: null,
        recipient: `2010${id}`,
        priority: 5,
      });
      const released = async (...messages: ReleasableMessage[]): Promise<number[]> => [
        ...(await release.release(messages)).ids,
      ];
      const queueNode = await cluster.nodeOf(`{${settings.REDIS_PREFIX}}:${DELIVERY_QUEUE}:id`);
      const nodes = await Promise.all(
        Array.from({ length: 30 }, (_, numberId) => cluster.nodeOf(redis.key(`{n:${numberId}}`, 'slots'))),
      );
      const gone = nodes.find((node) => node !== queueNode);
      await gone?.crash();
      const [away, there] = [nodes.findIndex((node) => node === gone), nodes.findIndex((node) => node !== gone)];
      await eventually('the loss being noticed', () =>
        redis.nodes().some(({ connection }) => connection?.status !== 'ready') ? true : undefined,
      );
      const begun = performance.now();
      for (let id = 1; id <= 20; id += 1) expect(await released(message(away, id))).toEqual([]);
      expect(performance.now() - begun).toBeLessThan(2000);
      for (let id = 21; id <= 40; id += 1) {
        expect(await released(message(away, 100 + id), message(there, id))).toEqual([id]);
      }
    } finally {
      release.onModuleDestroy();
      await queue.onModuleDestroy();
      redis.onModuleDestroy();
      await cluster.stop();
    }
  });
});
