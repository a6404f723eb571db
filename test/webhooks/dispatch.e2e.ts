import { BATCH_ROWS } from '../../src/webhooks/events/dispatch/event-dispatch.js';
import { EVENT_TYPES, TEST_EVENT } from '../../src/webhooks/events/event-types.js';
import { type RecordedEvent, recordEvent } from '../../src/webhooks/events/record-event.js';
import { isSubscribed, SUBSCRIPTIONS } from '../../src/webhooks/events/subscriptions.js';
import { DispatchLab } from './dispatch-lab.js';

/** The worker's dispatcher in this process, a database of its own. */
describe('events', () => {
  let lab: DispatchLab;
  let tenantId: number;
  beforeEach(async () => {
    lab = await DispatchLab.create();
    tenantId = await lab.tenant();
  });
  afterEach(() => lab.close());

  const waiting = async () =>
    (await lab.rows<{ n: number }>('SELECT count(*)::int AS n FROM event_outbox'))[0]?.n ?? -1;
  const disabled = (): RecordedEvent => ({
    tenantId,
    type: 'webhook.disabled',
    resourceId: 7,
    previous: { enabled: true },
    current: { enabled: false },
    requestId: null,
  });

  it('are due for each enabled endpoint that asked for them, and for no other', async () => {
    const other = await lab.tenant();
    const every = await lab.endpoint(tenantId, ['*']);
    const ofSources = await lab.endpoint(tenantId, ['contact.created', 'source.*']);
    const created = await lab.endpoint(tenantId, ['source.created']);
    await lab.endpoint(tenantId, ['source.deleted', 'contact.*']);
    await lab.endpoint(tenantId, ['*'], false);
    await lab.endpoint(other, ['*']);
    await lab.sources(tenantId, 1);
    await lab.rows(`UPDATE sources SET name = 'x' WHERE tenant_id = $1`, [tenantId]);
    expect(await lab.all()).toEqual([2]);
    expect(await lab.events()).toMatchObject([
      { type: 'source.created', tenant_id: tenantId, endpoints: [every, ofSources, created] },
      { type: 'source.updated', tenant_id: tenantId, endpoints: [every, ofSources] },
    ]);
    expect(await waiting()).toBe(0);
  });

  it('are kept for an endpoint that is disabled, which may want them when it is back', async () => {
    await lab.endpoint(tenantId, ['source.created'], false);
    await lab.sources(tenantId, 1);
    await lab.all();
    expect(await lab.events()).toMatchObject([{ type: 'source.created', endpoints: [] }]);
  });

  it('that are recorded reach one endpoint alone, or all but one', async () => {
    expect(await recordEvent(lab.outbox.postgres, disabled())).toBeNull();
    const quiet = await lab.endpoint(tenantId, ['source.created']);
    const told = await lab.endpoint(tenantId, ['webhook.*']);
    const failing = await lab.endpoint(tenantId, ['*']);
    const event = disabled();
    const ids = [
      await recordEvent(lab.outbox.postgres, { ...event, exceptWebhookId: failing }),
      await recordEvent(lab.outbox.postgres, { ...event, type: TEST_EVENT, onlyWebhookId: quiet }),
    ];
    await lab.all();
    expect(await lab.events()).toMatchObject([
      { id: ids[0], type: 'webhook.disabled', resource_id: 7, endpoints: [told] },
      { id: ids[1], type: 'webhook.test', endpoints: [quiet] },
    ]);
  });

  it('are wanted by the database exactly when an endpoint asked for them', async () => {
    for (const one of SUBSCRIPTIONS) {
      await lab.rows('DELETE FROM webhooks');
      await lab.endpoint(tenantId, [one, 'otp.unheard_of']);
      const rows = await lab.rows<{ type: string; wanted: boolean }>(
        'SELECT t AS type, webhook_wanted($1, t) AS wanted FROM unnest($2::text[]) AS t',
        [tenantId, EVENT_TYPES],
      );
      const wanted = rows.filter((row) => row.wanted).map(({ type }) => type);
      expect({ one, wanted }).toEqual({ one, wanted: EVENT_TYPES.filter((type) => isSubscribed([one], type)) });
    }
  });

  it('of a tenant with a great many keep no other waiting for more than a batch', async () => {
    const others = [await lab.tenant(), await lab.tenant()];
    for (const id of [tenantId, ...others]) await lab.endpoint(id, ['*']);
    await lab.sources(tenantId, 3 * BATCH_ROWS);
    for (const id of others) await lab.sources(id, 2);
    const dispatcher = lab.dispatcher();
    const first = await dispatcher.batch();
    expect(first?.events).toBeLessThanOrEqual(BATCH_ROWS);
    const done = await lab.rows<{ tenant_id: number; n: number }>(
      'SELECT tenant_id, count(*)::int AS n FROM events GROUP BY 1 ORDER BY 1',
    );
    expect(done.filter(({ tenant_id }) => others.includes(tenant_id)).map(({ n }) => n)).toEqual([2, 2]);
    await lab.all(dispatcher);
    expect(await waiting()).toBe(0);
    expect(await lab.events()).toHaveLength(3 * BATCH_ROWS + 4);
  });

  it('are made once each by any number of workers, and are due in the order of the changes', async () => {
    await lab.endpoint(tenantId, ['*']);
    await lab.sources(tenantId, 200);
    for (let change = 0; change < 5; change += 1) {
      await lab.rows('UPDATE sources SET name = name || $2::text WHERE tenant_id = $1', [tenantId, `+${change}`]);
    }
    await Promise.all(Array.from({ length: 4 }, () => lab.all()));
    await lab.all();
    const events = await lab.events();
    expect(events).toHaveLength(1200);
    const order = await lab.rows<{ resource: string; rising: boolean; n: number }>(
      `SELECT resource, array_agg(event_id ORDER BY id) = array_agg(event_id ORDER BY event_id) AS rising, count(*)::int AS n
         FROM webhook_deliveries GROUP BY resource`,
    );
    expect(order).toHaveLength(200);
    expect(order.filter(({ rising, n }) => !rising || n !== 6)).toEqual([]);
  });

  it('that cannot be made stand aside, are tried again and again, and stop no other', async () => {
    await lab.endpoint(tenantId, ['*']);
    await lab.rows(
      `INSERT INTO event_outbox (tenant_id, type, resource_id, current)
       VALUES ($1, 'contact.created', 1, '{"id": 1}'), ($1, 'contact.created', 2, '"?"'), ($1, 'nothing.known', 3, '{}'),
              ($1, 'source.created', 4, NULL), ($1, 'message.sent', 5, '{"id": 5, "number_id": 1, "chat_id": 1}')`,
      [tenantId],
    );
    await lab.sources(tenantId, 3);
    const dispatcher = lab.dispatcher();
    expect(await dispatcher.batch()).toEqual({ events: 3, failed: 5 });
    expect(await dispatcher.batch()).toBeNull();
    const aside = () =>
      lab.rows<{ failures: number; wait: number }>(
        `SELECT failures, round(extract(epoch FROM retry_at - now()))::int AS wait FROM event_outbox ORDER BY id`,
      );
    for (const { failures, wait } of await aside()) {
      expect(failures).toBe(1);
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(10);
    }
    await lab.rows(`UPDATE event_outbox SET failures = 40, retry_at = now() - interval '1 second'`);
    expect(await dispatcher.batch()).toEqual({ events: 0, failed: 5 });
    for (const { wait } of await aside()) expect(wait).toBeLessThanOrEqual(3600);
    expect((await lab.metrics.scrape()).text).toContain('rasl_event_failures_total 10');
    // What was wrong is put right.
    await lab.rows(
      `UPDATE event_outbox SET retry_at = now() - interval '1 second',
              current = '{"id": 4, "name": "Fair", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}'
        WHERE type = 'source.created'`,
    );
    expect(await dispatcher.batch()).toEqual({ events: 1, failed: 0 });
  });

  it('of a tenant that was deleted are forgotten', async () => {
    await lab.rows(
      `INSERT INTO event_outbox (tenant_id, type, resource_id, current) VALUES (2000000000, 'source.created', 1, '{}')`,
    );
    expect(await lab.dispatcher().batch()).toEqual({ events: 0, failed: 0 });
    expect(await waiting()).toBe(0);
    expect(await lab.events()).toEqual([]);
  });
});
