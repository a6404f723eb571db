import { Global, Module } from '@nestjs/common';
import { Log } from './log.js';

/** Gives every class the program's {@link Log}. */
@Global()
@Module({ providers: [Log], exports: [Log] })
export class LoggingModule {}
