import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type pg from 'pg';
import { Postgres } from '../../platform/database/postgres.js';
import { Log } from '../../platform/logging/log.js';
import { DELIVERIES_CHANNEL } from '../events/dispatch/store-events.js';

const RECONNECT_MS = 1000;

/**
 * Hears that there are new deliveries, by LISTEN on a connection of its own. A signal may be lost with the connection,
 * so who waits for it also looks by itself from time to time.
 */
@Injectable()
export class DeliverySignal implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly listeners = new Set<() => void>();
  private client: pg.Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private reported = false;

  constructor(
    private readonly postgres: Postgres,
    private readonly log: Log,
  ) {}

  /** @returns a function that ends the subscription */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onApplicationBootstrap(): void {
    void this.connect();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    const { client } = this;
    this.client = undefined;
    await client?.end();
  }

  private async connect(): Promise<void> {
    const client = this.postgres.createClient();
    this.client = client;
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, new Error('the connection ended')));
    client.on('notification', () => {
      for (const listener of this.listeners) listener();
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${DELIVERIES_CHANNEL}`);
      if (this.reported) this.log.info({}, 'new deliveries of webhooks are heard of again');
      this.reported = false;
    } catch (error) {
      this.lost(client, error);
    }
  }

  private lost(client: pg.Client, error: unknown): void {
    if (this.client !== client || this.stopped) return;
    this.client = undefined;
    if (!this.reported) this.log.warn({ err: error }, 'new deliveries of webhooks are not heard of, only looked for');
    this.reported = true;
    client.end().catch((endError: unknown) => this.log.debug({ err: endError }, 'a lost connection was not ended'));
    this.timer = setTimeout(() => void this.connect(), RECONNECT_MS);
  }
}
