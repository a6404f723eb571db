import { Module } from '@nestjs/common';
import { QueueModule } from '../queue/queue.module.js';
import { BacklogGauges } from './backlog-gauges.js';

/** Adds the gauges of what waits to the process's metrics. */
@Module({ imports: [QueueModule], providers: [BacklogGauges] })
export class BacklogModule {}
