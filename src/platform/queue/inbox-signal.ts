import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Log } from '../logging/log.js';
import type { RedisClient } from '../redis/open-redis.js';
import { RedisConnections } from '../redis/redis-connections.js';

/**
 * Wakes the processors of raw webhooks: the receiver publishes after it has stored one. A signal may be lost (Redis
 * away), so listeners also look by themselves from time to time.
 */
@Injectable()
export class InboxSignal implements OnModuleInit, OnModuleDestroy {
  private readonly channel: string;
  private readonly listeners = new Set<() => void>();
  private subscriber?: RedisClient;

  constructor(
    private readonly redis: RedisConnections,
    private readonly log: Log,
  ) {
    this.channel = redis.key('webhook-inbox');
  }

  onModuleInit(): void {
    this.subscriber = this.redis.openSubscriber('webhook-inbox');
    this.subscriber.on('message', () => {
      for (const listener of this.listeners) listener();
    });
    this.subscriber.subscribe(this.channel).catch((error: Error) => {
      this.log.debug({ err: error }, 'signals of the webhook inbox are not heard');
    });
  }

  /** Something new is in the inbox. Never throws, waits for nothing. */
  publish(): void {
    this.redis.publish(this.channel, '').catch((error: Error) => {
      this.log.debug({ err: error }, 'a signal of the webhook inbox was lost');
    });
  }

  /** @returns a function that ends the subscription */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onModuleDestroy(): void {
    this.listeners.clear();
    this.subscriber?.disconnect();
  }
}
