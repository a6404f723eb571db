import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Redis, type RedisOptions } from 'ioredis';
import { Settings } from '../config/settings.js';
import { Log } from '../logging/log.js';

/**
 * The process's Redis connections. Redis is a schedule of seconds and may go away at any moment: `commands` fails at
 * once when it is not connected (no offline queue) and after COMMAND_TIMEOUT_MS when it hangs, so that no request
 * waits for it.
 */
@Injectable()
export class RedisConnections implements OnModuleDestroy {
  /** For scripts, counters and publishing. */
  readonly commands: Redis;
  private readonly opened: Redis[] = [];

  constructor(
    private readonly settings: Settings,
    private readonly log: Log,
  ) {
    this.commands = this.open('commands', {
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      commandTimeout: COMMAND_TIMEOUT_MS,
      maxRetriesPerRequest: 0,
    });
  }

  /** For SUBSCRIBE; renews its subscriptions by itself after a reconnect. */
  openSubscriber(name: string): Redis {
    return this.open(name, { enableOfflineQueue: true, maxRetriesPerRequest: null, autoResubscribe: true });
  }

  /** For BullMQ queues in producers: never waits for Redis. */
  openProducer(name: string): Redis {
    return this.open(name, { enableOfflineQueue: false, commandTimeout: COMMAND_TIMEOUT_MS, maxRetriesPerRequest: 0 });
  }

  /** For BullMQ workers, which wait for Redis as long as it takes (they require `maxRetriesPerRequest: null`). */
  openWorker(name: string): Redis {
    return this.open(name, { enableOfflineQueue: true, maxRetriesPerRequest: null });
  }

  /** A key or channel under the installation's prefix. */
  key(...parts: (string | number)[]): string {
    return [this.settings.REDIS_PREFIX, ...parts].join(':');
  }

  private open(name: string, options: RedisOptions): Redis {
    const redis = new Redis(this.settings.REDIS_URL, {
      ...options,
      connectionName: `rasl-${this.settings.ROLE}-${name}`,
      connectTimeout: 2000,
      // Comes back quickly after a restart; the jitter keeps processes apart.
      retryStrategy: (tries) => Math.min(100 * 2 ** Math.min(tries, 4), 1000) + Math.random() * 100,
    });
    let reported = false;
    redis.on('error', (error: Error) => {
      if (!reported) this.log.warn({ err: error, connection: name }, 'Redis is away');
      reported = true;
    });
    redis.on('ready', () => {
      if (reported) this.log.info({ connection: name }, 'Redis is back');
      reported = false;
    });
    this.opened.push(redis);
    return redis;
  }

  onModuleDestroy(): void {
    for (const redis of this.opened) redis.disconnect();
  }
}

const COMMAND_TIMEOUT_MS = 1000;
