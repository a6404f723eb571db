import { Module } from '@nestjs/common';
import { QueueModule } from '../../platform/queue/queue.module.js';
import { GiveBack } from '../recovery/give-back.js';
import { WokenMessages } from './woken-messages.js';

/** For whoever brings messages to their end: the next of the lane is released. */
@Module({ imports: [QueueModule], providers: [GiveBack, WokenMessages], exports: [GiveBack, WokenMessages] })
export class LanesModule {}
