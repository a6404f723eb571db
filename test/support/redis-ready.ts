import type { DeliveryQueue } from '../../src/platform/queue/delivery-queue.js';
import type { RedisConnections } from '../../src/platform/redis/redis-connections.js';
import { eventually } from './eventually.js';

/** Waits until commands reach Redis: every node of it, and, where one is given, the queue. */
export async function redisReady(redis: RedisConnections, queue?: DeliveryQueue): Promise<void> {
  await eventually('the connection to Redis', () => {
    const nodes = redis.nodes();
    const ready = nodes.every(({ connection }) => connection?.status === 'ready');
    return redis.commands.status === 'ready' && nodes.length > 0 && ready ? true : undefined;
  });
  if (queue) {
    await eventually('the connection of the queue', () =>
      queue.counts().then(
        () => true,
        () => undefined,
      ),
    );
  }
}
