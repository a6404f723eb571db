import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MAX_REPLAYED, MAX_WAITING } from '../../src/webhooks/deliveries/replays.service.js';
import { TestTenant } from '../support/tenant.js';
import { attempted, dataOf, endpointOf, happen } from './delivery-lab.js';
import { Receiver, verified } from './receiver-lab.js';

/** Events are stored as the dispatcher stores them; what delivers them is the worker of the shared installation. */
describe('events that are delivered again', () => {
  let tenant: TestTenant;
  let receiver: Receiver;
  beforeEach(async () => {
    [tenant, receiver] = await Promise.all([TestTenant.create({ withoutNumber: true }), Receiver.start()]);
  });
  afterEach(() => Promise.all([tenant.close(), receiver.stop()]));

  it('are replayed since a time: what the endpoint asks for, or the events that are named', async () => {
    const endpoint = await endpointOf(tenant, receiver.url, { events: ['contact.*'] });
    const late = await endpointOf(tenant, `${receiver.url}/late`, { events: ['contact.*', 'message.sent'] });
    await happen(tenant, endpoint, [1, 2, 3]);
    await receiver.count(3);
    const since = new Date(Date.now() - 3600_000).toISOString();
    const replay = (more: object) => dataOf(tenant, 'POST', `webhooks/${late.id}/replay`, { since, ...more });
    expect(await replay({ events: ['message.sent'] })).toEqual({ replayed: 0 });
    expect(await replay({ until: new Date(Date.now() - 60_000).toISOString() })).toEqual({ replayed: 0 });
    expect(await replay({ since: new Date(Date.now() + 60_000).toISOString() })).toEqual({ replayed: 0 });
    expect(await replay({})).toEqual({ replayed: 3 });
    const again = await receiver.count(3, '/late');
    for (const request of again) verified(late.secret, request);
    const ids = (list: readonly { headers: Record<string, unknown> }[]) =>
      list.map(({ headers }) => headers['webhook-id']).sort();
    expect(ids(again)).toEqual(ids(receiver.received.slice(0, 3)));
  });

  it('of an endpoint that is deleted are made no more, and are found no more', async () => {
    const endpoint = await endpointOf(tenant, receiver.url);
    receiver.behaves(500);
    const [id = 0] = await happen(tenant, endpoint, [5]);
    await attempted(tenant, id, 1);
    await dataOf(tenant, 'DELETE', `webhooks/${endpoint.id}`);
    const replay = await tenant.api.json('POST', `webhooks/deliveries/${id}/replay`, {});
    expect([replay.status, replay.body.error?.code]).toEqual([404, 'NOT_FOUND']);
    expect((await tenant.api.request('GET', `/api/v2/webhooks/${endpoint.id}/deliveries`)).status).toBe(404);
  });

  it('are replayed since a time up to 10,000 at once, and while fewer than 50,000 wait', async () => {
    // Disabled: what is added waits.
    const endpoint = await endpointOf(tenant, receiver.url, { events: ['contact.*'], enabled: false });
    try {
      await stored(MAX_REPLAYED, '2 hours');
      await stored(1, '1 minute');
      const at = (minutesAgo: number) => new Date(Date.now() - minutesAgo * 60_000).toISOString();
      const replay = (since: string, until: string | null = null) =>
        tenant.api.json('POST', `webhooks/${endpoint.id}/replay`, { since, until });
      const refused = await replay(at(180));
      expect([refused.status, refused.body.error]).toMatchObject([
        422,
        { details: { since: ['more than 10000 events match: replay a shorter time, or fewer events'] } },
      ]);
      expect(await waiting(endpoint.id)).toBe(0);
      const most = await replay(at(180), at(60));
      expect([most.status, most.body.data]).toEqual([200, { replayed: 10_000 }]);
      expect(await waiting(endpoint.id)).toBe(10_000);

      await tenant.rows(
        `INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_created_at, event_id, resource)
         SELECT tenant_id, webhook_id, event_created_at, event_id, resource FROM webhook_deliveries
          CROSS JOIN generate_series(1, 4) WHERE tenant_id = $1 LIMIT $2`,
        [tenant.id, MAX_WAITING - MAX_REPLAYED - 1],
      );
      expect(await waiting(endpoint.id)).toBe(49_999);
      const last = await replay(at(30));
      expect([last.status, last.body.data]).toEqual([200, { replayed: 1 }]);
      const full = await replay(at(30));
      expect([full.status, full.body.error?.message]).toEqual([429, '50000 deliveries wait for this webhook already']);
      expect(Number(full.headers.get('retry-after'))).toBe(60);
      expect(await waiting(endpoint.id)).toBe(50_000);
    } finally {
      // Not for all the tests that come.
      await tenant.rows('DELETE FROM webhook_deliveries WHERE tenant_id = $1', [tenant.id]);
    }
  }, 120_000);

  /** So many events as they are kept when nobody was told of them. */
  const stored = (count: number, ago: string): Promise<unknown> =>
    tenant.rows(
      `INSERT INTO events (id, tenant_id, event_id, type, resource_id, occurred_at, payload)
       SELECT id, $1, 'evt_1_' || lpad(id::text, 12, '0'), 'contact.updated', id, now() - $3::interval, '{}'
         FROM (SELECT nextval(pg_get_serial_sequence('event_outbox', 'id')) AS id FROM generate_series(1, $2)) AS fresh`,
      [tenant.id, count, ago],
    );

  const waiting = async (id: number): Promise<number | undefined> => {
    const rows = await tenant.rows<{ n: number }>(
      `SELECT count(*)::int AS n FROM webhook_deliveries
        WHERE tenant_id = $1 AND webhook_id = $2 AND next_at IS NOT NULL`,
      [tenant.id, id],
    );
    return rows[0]?.n;
  };
});
