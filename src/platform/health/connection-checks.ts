import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Postgres } from '../database/postgres.js';
import { RedisConnections } from '../redis/redis-connections.js';
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
      await commands.ping();
    });
  }
}
