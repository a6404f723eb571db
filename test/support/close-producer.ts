import type { DeliveryQueue } from '../../src/platform/queue/delivery-queue.js';
import type { DeliveryRelease } from '../../src/platform/queue/delivery-release.js';
import type { RedisConnections } from '../../src/platform/redis/redis-connections.js';

/** Ends what releases messages, in the order of the program's own stop. */
export async function closeProducer(parts: {
  release: DeliveryRelease;
  queue: DeliveryQueue;
  redis: RedisConnections;
}): Promise<void> {
  parts.release.onModuleDestroy();
  // The queue's own end waits for connections that the next line ends.
  const closing = parts.queue.onModuleDestroy();
  parts.redis.onModuleDestroy();
  await closing;
}
