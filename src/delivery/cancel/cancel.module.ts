import { Module } from '@nestjs/common';
import { LanesModule } from '../lanes/lanes.module.js';
import { MessageCancel } from './message-cancel.js';

/** For those who accept messages: calling one back. */
@Module({ imports: [LanesModule], providers: [MessageCancel], exports: [MessageCancel] })
export class CancelModule {}
