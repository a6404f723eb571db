import { Module } from '@nestjs/common';
import { NumbersView } from './numbers-view.js';

/** What the operator sees of each number. */
@Module({ providers: [NumbersView] })
export class NumbersModule {}
