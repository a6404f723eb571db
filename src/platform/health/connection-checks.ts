import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Postgres } from '../database/postgres.js';
import { RedisConnections, type RedisNode } from '../redis/redis-connections.js';
import { Health } from './health.js';

/** Postgres and Redis, as this process reaches them. */
@Injectable()
export class ConnectionChecks implements OnModuleInit {
  constructor(
    private readonly health: Health,
    private readonly postgres: Postgres,
    private readonly redis: RedisConnections,
  ) {}

  onModuleInit(): void {
    this.health.register('postgres', 'process', async () => {
      await this.postgres.query('health:ping', 'SELECT 1');
    });
    this.health.register('redis', 'worker', async () => {
      const { commands } = this.redis;
      if (commands.status !== 'ready') throw new Error(`the connection is ${commands.status}`);
      await Promise.all(this.redis.nodes().map((node) => answer(node)));
    });
  }
}

/** @throws Error that names the node of a Cluster */
async function answer({ name, connection }: RedisNode): Promise<void> {
  const of = name === '' ? '' : `${name}: `;
  if (!connection) throw new Error(`${of}the connection is lost`);
  await connection.ping().catch((error: Error) => {
    throw new Error(`${of}${error.message}`, { cause: error });
  });
}
