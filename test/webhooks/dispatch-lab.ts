import { randomBytes } from 'node:crypto';
import { MediaLinks } from '../../src/media/media-links.js';
import { Encryption } from '../../src/platform/crypto/encryption.js';
import { Log } from '../../src/platform/logging/log.js';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import { EventDispatch } from '../../src/webhooks/events/dispatch/event-dispatch.js';
import { Outbox } from '../delivery/outbox.js';

/** An event as it is stored, and the endpoints that it is due for. */
export interface DispatchedEvent {
  id: number;
  tenant_id: number;
  type: string;
  resource_id: number;
  endpoints: number[];
}

/** A database of its own, and the worker's dispatcher in this process. */
export class DispatchLab {
  readonly metrics = new Metrics();

  private constructor(readonly outbox: Outbox) {}

  static async create(): Promise<DispatchLab> {
    return new DispatchLab(await Outbox.create({ LOG_LEVEL: 'silent' }));
  }

  close(): Promise<void> {
    return this.outbox.close();
  }

  /** The dispatcher as one worker has it. */
  dispatcher(): EventDispatch {
    const { postgres, settings } = this.outbox;
    const links = new MediaLinks(settings, new Encryption(settings));
    return new EventDispatch(postgres, settings, links, this.metrics, new Log(settings));
  }

  /** Dispatches until there is nothing more. @returns how many events each batch made */
  async all(dispatcher = this.dispatcher()): Promise<number[]> {
    const batches: number[] = [];
    for (;;) {
      const batch = await dispatcher.batch();
      if (!batch?.events) return batches;
      batches.push(batch.events);
    }
  }

  async tenant(): Promise<number> {
    return (await this.outbox.sender()).tenantId;
  }

  async endpoint(tenantId: number, events: readonly string[], enabled = true): Promise<number> {
    const [row] = await this.rows<{ id: number }>(
      `INSERT INTO webhooks (tenant_id, url, events, secret_encrypted, enabled)
       VALUES ($1, 'http://127.0.0.1:9/', $2, $3, $4) RETURNING id`,
      [tenantId, events, randomBytes(32), enabled],
    );
    return row?.id ?? 0;
  }

  /** So many sources of the tenant, in one statement. */
  async sources(tenantId: number, count: number): Promise<void> {
    await this.rows(
      `INSERT INTO sources (tenant_id, name) SELECT $1, 'source ' || n FROM generate_series(1, $2::int) AS n`,
      [tenantId, count],
    );
  }

  /** In the order of their ids. */
  events(): Promise<DispatchedEvent[]> {
    return this.rows<DispatchedEvent>(
      `SELECT e.id, e.tenant_id, e.type, e.resource_id,
              ARRAY(SELECT d.webhook_id FROM webhook_deliveries d
                     WHERE d.event_id = e.id AND d.event_created_at = e.created_at ORDER BY d.webhook_id) AS endpoints
         FROM events e ORDER BY e.id`,
    );
  }

  rows<T extends object>(text: string, values: unknown[] = []): Promise<T[]> {
    return this.outbox.postgres.query<T>('', text, values);
  }
}
