import { Module } from '@nestjs/common';
import { ReplaysModule } from '../deliveries/replays.module.js';
import { DeadLetterBoard } from './dead-letter-board.js';

/** For the worker role: what was given up, laid out for the operator's page of the queues. */
@Module({ imports: [ReplaysModule], providers: [DeadLetterBoard] })
export class DeadLettersModule {}
