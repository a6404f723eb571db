import type { Server } from 'node:http';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { Settings } from '../../../platform/config/settings.js';
import { Postgres } from '../../../platform/database/postgres.js';
import { Log } from '../../../platform/logging/log.js';
import { IntakeBeat } from '../intake-beat.js';

/**
 * Tells that this process takes webhooks in: its server listens, and (by the beat itself) the database takes writes. A
 * process that is frozen, or that stops, does not beat.
 */
@Injectable()
export class ReceiverBeat implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly beat: IntakeBeat;
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly host: HttpAdapterHost<AbstractHttpAdapter<Server>>,
    postgres: Postgres,
    settings: Settings,
    log: Log,
  ) {
    this.beat = new IntakeBeat('receiver', settings.INTAKE_GAP_S, postgres, log);
  }

  onApplicationBootstrap(): void {
    // The server listens a moment after the start of the modules; the first beat must not wait a whole period.
    this.timer = setInterval(() => this.look(), this.beat.periodMs / 3);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.beat.rest();
  }

  private look(): void {
    if (this.host.httpAdapter.getHttpServer().listening) this.beat.alive();
  }
}
