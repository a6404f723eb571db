import { Global, Module } from '@nestjs/common';
import { PairHistory } from '../../platform/queue/pair-history.js';
import { SentPairs } from './sent-pairs.js';

/** Gives the rate slots of every process, API or worker, what they are restored from. */
@Global()
@Module({ providers: [{ provide: PairHistory, useClass: SentPairs }], exports: [PairHistory] })
export class SentPairsModule {}
