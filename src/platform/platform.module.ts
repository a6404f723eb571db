import { Global, Module } from '@nestjs/common';
import { Clock } from './clock/clock.js';
import { ConfigModule } from './config/config.module.js';
import { Encryption } from './crypto/encryption.js';
import { DatabaseModule } from './database/database.module.js';
import { LoggingModule } from './logging/logging.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { ListCursors } from './pagination/list-cursors.js';
import { Lists } from './pagination/lists.js';
import { RedisModule } from './redis/redis.module.js';

/** What every feature stands on and none owns. */
@Global()
@Module({
  imports: [ConfigModule, LoggingModule, DatabaseModule, RedisModule, MetricsModule],
  providers: [Clock, Encryption, ListCursors, Lists],
  exports: [ConfigModule, LoggingModule, DatabaseModule, RedisModule, MetricsModule, Clock, Encryption, Lists],
})
export class PlatformModule {}
