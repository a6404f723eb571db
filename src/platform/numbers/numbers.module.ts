import { Module } from '@nestjs/common';
import { QueueModule } from '../queue/queue.module.js';
import { NumberGauges } from './number-gauges.js';
import { NumbersView } from './numbers-view.js';

/** What the operator sees of each number. */
@Module({ imports: [QueueModule], providers: [NumbersView, NumberGauges] })
export class NumbersModule {}
