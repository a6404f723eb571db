import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Cluster, Command, type Redis } from 'ioredis';
import { Settings } from '../config/settings.js';
import { Log } from '../logging/log.js';
import { openRedis, type Patience, type RedisClient } from './open-redis.js';

/** A server that has keys. */
export interface RedisNode {
  /** `host:port` in a Cluster; empty for a single Redis. */
  name: string;
  /** Undefined while this process has lost it. */
  connection: Redis | undefined;
}

/**
 * The process's Redis connections. Redis is a schedule of seconds and may go away at any moment: `commands` fails at
 * once when it is not connected (no offline queue) and after a second when it hangs, so that no request waits for it.
 * In a Cluster (REDIS_CLUSTER) that holds for each node by itself: one that is away takes its own keys with it.
 */
@Injectable()
export class RedisConnections implements OnModuleDestroy {
  /** For scripts and counters. The keys of one command must lie on one node (a hash tag). */
  readonly commands: RedisClient;
  private readonly opened: RedisClient[] = [];

  constructor(
    private readonly settings: Settings,
    private readonly log: Log,
  ) {
    this.commands = this.open('commands', 'fast');
  }

  /** For SUBSCRIBE; renews its subscriptions by itself after a reconnect, in a Cluster on another node. */
  openSubscriber(name: string): RedisClient {
    return this.open(name, 'patient');
  }

  /** For BullMQ queues in producers: never waits for Redis. */
  openProducer(name: string): RedisClient {
    return this.open(name, 'fast');
  }

  /** For BullMQ workers, which wait for Redis as long as it takes (they require `maxRetriesPerRequest: null`). */
  openWorker(name: string): RedisClient {
    return this.open(name, 'patient');
  }

  /** A key or channel under the installation's prefix. */
  key(...parts: (string | number)[]): string {
    return [this.settings.REDIS_PREFIX, ...parts].join(':');
  }

  /** Name of the node that has the key, as far as is known. What differs from node to node (clocks) goes by it. */
  nodeOf(key: string): string {
    if (!(this.commands instanceof Cluster)) return '';
    const slot = new Command('exists', [key]).getSlot();
    return (slot === null ? undefined : this.commands.slots[slot]?.[0]) ?? '';
  }

  /** Every node that has keys. None while a Cluster has not been reached. */
  nodes(): RedisNode[] {
    const { commands } = this;
    if (!(commands instanceof Cluster)) return [{ name: '', connection: commands }];
    const connected = new Map(commands.nodes('master').map((connection) => [nameOf(connection), connection]));
    const names = new Set(commands.slots.flatMap(([master]) => (master === undefined ? [] : [master])));
    return [...names].map((name) => ({ name, connection: connected.get(name) }));
  }

  /**
   * Tells subscribers of every process. The nodes of a Cluster pass it on to each other, so any that is connected will
   * do. Rejects when Redis is away.
   */
  async publish(channel: string, text: string): Promise<void> {
    const node = this.nodes().find(({ connection }) => connection?.status === 'ready')?.connection;
    await (node ?? this.commands).publish(channel, text);
  }

  private open(name: string, patience: Patience): RedisClient {
    const client = openRedis(this.settings, `rasl-${this.settings.ROLE}-${name}`, patience);
    const away = new Set<string>();
    const watch = (source: RedisClient, node?: string): void => {
      const at = node ?? '';
      source.on('error', (error: Error) => {
        if (!away.has(at)) this.log.warn({ err: error, connection: name, node }, 'Redis is away');
        away.add(at);
      });
      source.on('ready', () => {
        if (away.delete(at)) this.log.info({ connection: name, node }, 'Redis is back');
      });
    };
    watch(client);
    if (client instanceof Cluster) client.on('+node', (node: Redis) => watch(node, nameOf(node)));
    this.opened.push(client);
    return client;
  }

  onModuleDestroy(): void {
    for (const client of this.opened) client.disconnect();
  }
}

const nameOf = ({ options }: Redis): string => `${options.host}:${options.port}`;
