import { hash, randomUUID } from 'node:crypto';
import { onceHashOf } from '../../src/integrations/payloads/judge-payload.js';
import { PayloadStore } from '../../src/integrations/payloads/payload-store.js';
import { StoreGauges } from '../../src/integrations/store-gauges.js';
import type { ListenerRow } from '../../src/integrations/store-listener.js';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import { Outbox } from '../delivery/outbox.js';

/** A listener of a tenant. */
export interface Owned {
  id: number;
  tenantId: number;
}

/** What is received; whatever is left out is of no matter. */
export interface Received {
  once?: string | null;
  happenedAt?: string | null;
  phone?: string | null;
  /** What a repeat of it has in common with it. */
  repeat?: string;
  /** As the store names it; null: its body tells a repeat. */
  deliveryId?: string | null;
}

/** What stores delivered, in a database of its own, where nobody else works payloads off. */
export class PayloadLab {
  readonly store: PayloadStore;

  private constructor(readonly outbox: Outbox) {
    this.store = new PayloadStore(outbox.postgres);
  }

  static async create(): Promise<PayloadLab> {
    return new PayloadLab(await Outbox.create());
  }

  async empty(): Promise<void> {
    await this.outbox.run('TRUNCATE store_listeners CASCADE');
  }

  close(): Promise<void> {
    return this.outbox.close();
  }

  /** A listener of a tenant of its own, or of `tenantId`. */
  async listener(tenantId?: number, delayMinutes = 0): Promise<Owned> {
    const owner = tenantId ?? (await this.outbox.sender()).tenantId;
    const [row] = await this.rows<{ id: number }>(
      `INSERT INTO store_listeners (tenant_id, key, kind, name, template_name, language, mapping, delay_minutes)
       VALUES ($1, gen_random_uuid(), 'generic', 'n', 't', 'en', '{"phone":"$.a"}', $2) RETURNING id`,
      [owner, delayMinutes],
    );
    if (!row) throw new Error('no listener was stored');
    return { id: row.id, tenantId: owner };
  }

  /** So many payloads that are due, of so many bytes as they say. */
  deliver({ id, tenantId }: Owned, count: number, bytes = 2): Promise<void> {
    return this.outbox.run(
      `INSERT INTO store_payloads (tenant_id, listener_id, request_id, body, size_bytes, next_at)
       SELECT $1, $2, gen_random_uuid(), '\\x7b7d', $4, now() - interval '1 second' FROM generate_series(1, $3::int)`,
      [tenantId, id, count, bytes],
    );
  }

  /** A payload as the listener's address takes it. @returns the id of the tenant's newest then */
  async receive(
    { id, tenantId }: Owned,
    { once = 'a', happenedAt = null, phone = null, repeat = randomUUID(), deliveryId = null }: Received = {},
    store = this.store,
  ): Promise<number> {
    const [listener] = await this.rows<ListenerRow>('SELECT * FROM store_listeners WHERE id = $1', [id]);
    if (!listener) throw new Error('there is no such listener');
    await store.receive(listener, {
      requestId: randomUUID(),
      topic: null,
      deliveryId,
      repeatHash: hash('sha256', repeat, 'buffer'),
      happenedAt: happenedAt === null ? null : new Date(happenedAt),
      body: Buffer.from('{}'),
      waiting: listener.delay_minutes === 0 ? null : { onceHash: once === null ? null : onceHashOf(once), phone },
    });
    const [row] = await this.rows<{ id: number }>(
      'SELECT max(id)::int AS id FROM store_payloads WHERE tenant_id = $1',
      [tenantId],
    );
    return row?.id ?? NaN;
  }

  /** The gauge, as a process shows it that is scraped for the first time. */
  async oldestAge(): Promise<number> {
    const metrics = new Metrics();
    new StoreGauges(metrics, this.outbox.postgres).onModuleInit();
    const { text } = await metrics.scrape();
    return Number(/^rasl_store_payload_oldest_age_seconds (\S+)$/m.exec(text)?.[1] ?? NaN);
  }

  async rows<T extends object>(sql: string, values: unknown[] = []): Promise<T[]> {
    return (await this.outbox.postgres.pool.query<T>(sql, values)).rows;
  }
}
