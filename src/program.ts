import { rename, rm, writeFile } from 'node:fs/promises';
import { NestFactory } from '@nestjs/core';
import { ApiReference } from './api-reference/api-reference.js';
import { AppModule } from './app.module.js';
import { assertBuildersExist } from './delivery/payload/build-payload.js';
import { OUTBOUND_TYPES } from './messages/outbound/outbound-message.js';
import type { Settings } from './platform/config/settings.js';
import { pendingMigrations } from './platform/database/migrations.js';
import { Postgres } from './platform/database/postgres.js';
import { Health } from './platform/health/health.js';
import { OperatorServer } from './platform/health/operator-server.js';
import { ApiServer } from './platform/http/api-server.js';
import { Log } from './platform/logging/log.js';

/** The database lacks migrations of this release. */
export class PendingMigrationsError extends Error {
  constructor(names: string[]) {
    super(`The database lacks migrations: ${names.join(', ')}. Run "cli migrate" first.`);
  }
}

/** What every role has of Nest's two kinds of application. */
interface Application {
  get: ApiServer['app']['get'];
  close(): Promise<void>;
}

/** One process of the platform, from its start to the end of its last piece of work. */
export class Program {
  private app: Application | undefined;
  private api: ApiServer | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly log: Log,
  ) {}

  /**
   * Starts the role, both servers, and says so: a log line with `event: 'listening'`, and READY_FILE.
   * @throws PendingMigrationsError outside development; whatever a part throws that cannot start
   */
  async start(): Promise<void> {
    const { settings } = this;
    if (settings.READY_FILE) await rm(settings.READY_FILE, { force: true });
    assertBuildersExist(OUTBOUND_TYPES);
    await this.checkMigrations();
    const module = AppModule.forRole(settings.ROLE);
    if (settings.ROLE === 'worker') {
      this.app = await NestFactory.createApplicationContext(module, { logger: this.log, abortOnError: false });
    } else {
      this.api = await ApiServer.create(module, settings, this.log);
      this.app = this.api.app;
    }
    const operatorUrl = await this.app.get(OperatorServer, { strict: false }).listen();
    const apiUrl = await this.api?.listen(settings.PORT, settings.HOST);
    if (this.api && apiUrl) this.api.app.get(ApiReference).servedAt(settings.PUBLIC_URL ?? apiUrl);
    this.app.get(Health, { strict: false }).started();
    const addresses = { ...(apiUrl === undefined ? {} : { api_url: apiUrl }), operator_url: operatorUrl };
    if (settings.READY_FILE) await writeReadyFile(settings.READY_FILE, { ...addresses, pid: process.pid });
    this.log.info({ event: 'listening', ...addresses }, 'listening');
  }

  /**
   * Finishes what was begun: readiness is false at once, no new connection is accepted, requests under way are
   * answered, then workers finish their jobs, then connections close. Takes at most SHUTDOWN_TIMEOUT_S.
   * @returns false when something had to be cut off
   */
  async stop(): Promise<boolean> {
    const { settings, log } = this;
    const deadline = performance.now() + settings.SHUTDOWN_TIMEOUT_S * 1000;
    // First of all, and in this turn: whoever balances the load asks at any moment.
    this.app?.get(Health, { strict: false }).stopping();
    if (settings.READY_FILE) await rm(settings.READY_FILE, { force: true });
    const answered = (await this.api?.drain(deadline - performance.now())) ?? true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), Math.max(1000, deadline - performance.now()));
    });
    const closed = await Promise.race([this.close().then(() => true), late]);
    clearTimeout(timer);
    if (!closed) log.warn({}, 'the shutdown took too long; the rest is cut off');
    return answered && closed;
  }

  private async close(): Promise<void> {
    const operator = this.app?.get(OperatorServer, { strict: false });
    await this.app?.close();
    // Last, so that operators can watch a process that stops slowly.
    await operator?.close();
  }

  private async checkMigrations(): Promise<void> {
    const postgres = new Postgres(this.settings, this.log);
    try {
      const pending = await pendingMigrations(postgres);
      if (pending.length === 0) return;
      if (this.settings.NODE_ENV !== 'development') throw new PendingMigrationsError(pending);
      this.log.warn({ pending }, 'the database lacks migrations');
    } finally {
      await postgres.onModuleDestroy();
    }
  }
}

/** Whole or not at all: a script that sees the file can read it. */
async function writeReadyFile(path: string, content: object): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  await rename(temporary, path);
}
