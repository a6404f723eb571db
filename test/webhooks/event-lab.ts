import { randomBytes } from 'node:crypto';
import { eventually } from '../support/eventually.js';
import type { TestTenant } from '../support/tenant.js';

type Json = Record<string, unknown>;

/** The body of a webhook, as a receiver reads it. */
export interface Payload {
  event: { id: string; type: string; timestamp: string; version: string; sequence: number };
  tenant: { id: number; name: string; domain: string };
  data: { resource: { type: string; id: number; attributes: Json }; relationships: Json };
  changes: { previous: Json | null; current: Json; modified_fields: string[] | null };
  metadata: { source: string; environment: string; request_id: string | null };
}

/** An event as it is stored. */
export interface StoredEvent {
  sequence: number;
  event_id: string;
  type: string;
  resource_id: number;
  occurred_at: Date;
  payload: Payload;
}

/** What happens to a tenant, as its webhooks would be told. */
export class EventLab {
  private seen = 0;

  private constructor(readonly tenant: TestTenant) {}

  /** The tenant has an endpoint that asked for these. It is disabled: events are kept for it, and nobody is called. */
  static async create(tenant: TestTenant, events: readonly string[] = ['*']): Promise<EventLab> {
    await tenant.rows(
      `INSERT INTO webhooks (tenant_id, url, events, secret_encrypted, enabled)
       VALUES ($1, 'http://127.0.0.1:9/', $2, $3, false)`,
      [tenant.id, events, randomBytes(32)],
    );
    return new EventLab(tenant);
  }

  /** The events since the last call, in order, once all that was committed before has become events. */
  async news(withinMs = 20_000): Promise<StoredEvent[]> {
    const { id } = this.tenant;
    await eventually(
      'the end of the outbox',
      async () => {
        const [row] = await this.tenant.rows<{ n: number }>(
          'SELECT count(*)::int AS n FROM event_outbox WHERE tenant_id = $1',
          [id],
        );
        return row?.n === 0 || undefined;
      },
      withinMs,
    );
    const rows = await this.tenant.rows<Omit<StoredEvent, 'payload'> & { payload: string }>(
      `SELECT id::int AS sequence, event_id, type, resource_id::int, occurred_at, payload FROM events
        WHERE tenant_id = $1 AND id > $2 ORDER BY id`,
      [id, this.seen],
    );
    this.seen = Math.max(this.seen, ...rows.map(({ sequence }) => sequence));
    return rows.map((row) => ({ ...row, payload: JSON.parse(row.payload) as Payload }));
  }

  /** All events from the beginning, as {@link news}. */
  all(): Promise<StoredEvent[]> {
    this.seen = 0;
    return this.news();
  }

  /** The one event since the last call, of this type. */
  async only(type: string): Promise<Payload> {
    const news = await this.news();
    expect(news.map((event) => event.type)).toEqual([type]);
    const [event] = news;
    if (!event) throw new Error('there is no event');
    await this.expectDocumented(event);
    return event.payload;
  }

  /** Waits for an event of this type since the last call; the others are passed over. */
  next(type: string): Promise<StoredEvent> {
    return eventually(type, async () => (await this.news()).find((event) => event.type === type));
  }

  /** Waits until the message has an event of this type. */
  message(id: number, type: string): Promise<StoredEvent> {
    return eventually(`${type} of message ${id}`, async () => {
      const [row] = await this.tenant.rows<Omit<StoredEvent, 'payload'> & { payload: string }>(
        `SELECT id::int AS sequence, event_id, type, resource_id::int, occurred_at, payload FROM events
          WHERE tenant_id = $1 AND resource_id = $2 AND type = $3 ORDER BY id`,
        [this.tenant.id, id, type],
      );
      return row && { ...row, payload: JSON.parse(row.payload) as Payload };
    });
  }

  /** What the format says of every event. */
  async expectDocumented({ sequence, event_id, type, resource_id, occurred_at, payload }: StoredEvent): Promise<void> {
    const [tenant] = await this.tenant.rows<{ name: string; subdomain: string }>(
      'SELECT name, subdomain FROM tenants WHERE id = $1',
      [this.tenant.id],
    );
    const resource = type.slice(0, type.indexOf('.'));
    const seconds = Math.floor(occurred_at.getTime() / 1000);
    expect(event_id).toMatch(new RegExp(`^evt_${seconds}_[a-z0-9]{12}$`));
    expect(payload.event).toEqual({
      id: event_id,
      type,
      timestamp: occurred_at.toISOString(),
      version: '1.0',
      sequence,
    });
    expect(payload.tenant).toEqual({ id: this.tenant.id, name: tenant?.name, domain: tenant?.subdomain });
    expect(Object.keys(payload)).toEqual(['event', 'tenant', 'data', 'changes', 'metadata']);
    expect(Object.keys(payload.data)).toEqual(['resource', 'relationships']);
    expect(payload.data.resource).toEqual({
      type: resource,
      id: resource_id,
      attributes: expect.any(Object) as unknown,
    });
    expect(Object.keys(payload.changes)).toEqual(['previous', 'current', 'modified_fields']);
    expect(payload.metadata).toEqual({
      source: 'api_webhook_manager',
      environment: 'test',
      request_id: payload.metadata.request_id,
    });
    const { previous, current } = payload.changes;
    const gone = Object.keys(current).length === 0;
    expect(payload.data.resource.attributes).toEqual(gone ? previous : current);
    expect(payload.changes.modified_fields === null).toBe(previous === null || gone);
  }
}
