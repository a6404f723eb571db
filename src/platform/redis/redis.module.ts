import { Global, Module } from '@nestjs/common';
import { RedisConnections } from './redis-connections.js';

/** Gives every class the process's {@link RedisConnections}. */
@Global()
@Module({ providers: [RedisConnections], exports: [RedisConnections] })
export class RedisModule {}
