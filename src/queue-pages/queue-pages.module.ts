import { Module } from '@nestjs/common';
import { QueuePages } from './queue-pages.js';

/** For every role: the operator's pages of the queues. */
@Module({ providers: [QueuePages] })
export class QueuePagesModule {}
