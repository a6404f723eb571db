import { Module } from '@nestjs/common';
import { EventGauges } from './event-gauges.js';

/** For every process: what waits is seen also when no worker runs. */
@Module({ providers: [EventGauges] })
export class EventGaugesModule {}
