import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type pg from 'pg';
import { Postgres } from '../platform/database/postgres.js';
import { Log } from '../platform/logging/log.js';
import { TokenCache } from './token-cache.js';

/** Postgres' channel; the triggers on api_tokens, tenants and plans speak there (see the migrations). */
const CHANNEL = 'token_changed';

/**
 * A revocation must hold within 1 s although its notice may be lost in a connection that died silently: the connection
 * is asked every 400 ms, and without an answer in 500 ms the cache is emptied and not used.
 */
const BEAT_EVERY_MS = 400;
const BEAT_TIMEOUT_MS = 500;
const RECONNECT_MS = 500;

/**
 * Tells the {@link TokenCache} what changed, by LISTEN on a connection of its own, and reconnects by itself. Payloads:
 * hex of a token's hash, `tenant:<id>`, or `all` (a plan changed).
 */
@Injectable()
export class TokenChanges implements OnApplicationBootstrap, OnModuleDestroy {
  private client: pg.Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private reported = false;

  constructor(
    private readonly postgres: Postgres,
    private readonly cache: TokenCache,
    private readonly log: Log,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.connect();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    this.cache.distrust();
    const client = this.client;
    this.client = undefined;
    await client?.end();
  }

  private async connect(): Promise<void> {
    const client = this.postgres.createClient();
    this.client = client;
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, new Error('the connection ended')));
    client.on('notification', ({ payload }) => this.receive(payload ?? ''));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      if (this.client !== client) return;
      this.cache.trust();
      if (this.reported) this.log.info({}, 'token changes are heard again');
      this.reported = false;
      this.timer = setTimeout(() => void this.beat(client), BEAT_EVERY_MS);
    } catch (error) {
      this.lost(client, error);
    }
  }

  private receive(payload: string): void {
    if (payload === 'all') {
      this.cache.forgetAll();
      return;
    }
    const tenant = /^tenant:(\d+)$/.exec(payload)?.[1];
    if (tenant === undefined) this.cache.forget(payload);
    else this.cache.forgetTenant(Number(tenant));
  }

  private async beat(client: pg.Client): Promise<void> {
    let late: NodeJS.Timeout | undefined;
    try {
      await Promise.race([
        client.query('SELECT 1'),
        new Promise((_, reject) => {
          late = setTimeout(() => reject(new Error('the connection does not answer')), BEAT_TIMEOUT_MS);
        }),
      ]);
      if (this.client === client) this.timer = setTimeout(() => void this.beat(client), BEAT_EVERY_MS);
    } catch (error) {
      this.lost(client, error);
    } finally {
      clearTimeout(late);
    }
  }

  /** Stops trusting the cache at once, then tries again after a moment. */
  private lost(client: pg.Client, error: unknown): void {
    if (this.client !== client || this.stopped) return;
    this.client = undefined;
    clearTimeout(this.timer);
    this.cache.distrust();
    if (!this.reported) this.log.warn({ err: error }, 'token changes are not heard; tokens are not cached meanwhile');
    this.reported = true;
    client.end().catch((endError: unknown) => this.log.debug({ err: endError }, 'a lost connection was not ended'));
    this.timer = setTimeout(() => void this.connect(), RECONNECT_MS);
  }
}
