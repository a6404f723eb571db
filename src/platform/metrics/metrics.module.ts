import { Global, Module } from '@nestjs/common';
import { Metrics } from './metrics.js';

/** Gives every class the process's {@link Metrics}. */
@Global()
@Module({ providers: [Metrics], exports: [Metrics] })
export class MetricsModule {}
