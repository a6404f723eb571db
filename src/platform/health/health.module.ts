import { Global, Module } from '@nestjs/common';
import { ConnectionChecks } from './connection-checks.js';
import { Health } from './health.js';
import { OperatorServer } from './operator-server.js';

/** Readiness, and the operator's server that shows it. Any part of the program may register a check. */
@Global()
@Module({ providers: [Health, ConnectionChecks, OperatorServer], exports: [Health, OperatorServer] })
export class HealthModule {}
