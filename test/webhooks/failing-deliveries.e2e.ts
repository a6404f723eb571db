import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { TestTenant } from '../support/tenant.js';
import { attempted, dataOf, endpointOf, happen, passes } from './delivery-lab.js';
import { Receiver } from './receiver-lab.js';

const DAY_S = 86_400;

/** Events are stored as the dispatcher stores them; what delivers them is the worker of the shared installation. */
describe('deliveries that fail', () => {
  let tenant: TestTenant;
  let receiver: Receiver;
  beforeEach(async () => {
    [tenant, receiver] = await Promise.all([TestTenant.create({ withoutNumber: true }), Receiver.start()]);
  });
  afterEach(() => Promise.all([tenant.close(), receiver.stop()]));

  const dataOfGet = async (id: number): Promise<Record<string, unknown>> =>
    (await tenant.api.request('GET', `/api/v2/webhooks/${id}`)).body.data ?? {};

  /** What is, or will be, told of endpoints to this one. */
  const newsOf = async (id: number): Promise<unknown[]> => {
    const rows = await tenant.rows<{ type: string; resource_id: number }>(
      `SELECT type, resource_id::int FROM event_outbox WHERE tenant_id = $1 AND except_webhook_id IS DISTINCT FROM $2
       UNION ALL
       SELECT e.type, e.resource_id::int FROM events e JOIN webhook_deliveries d ON d.event_id = e.id AND d.event_created_at = e.created_at
        WHERE e.tenant_id = $1 AND d.webhook_id = $2 AND e.type LIKE 'webhook.%'
       ORDER BY 1`,
      [tenant.id, id],
    );
    return rows.map(({ type, resource_id }) => [type, resource_id]);
  };

  it('are retried after 5 s, 30 s, 2 min, 10 min, 30 min, then about hourly, and given up after 3 days', async () => {
    const endpoint = await endpointOf(tenant, receiver.url);
    receiver.behaves(503);
    const [id = 0] = await happen(tenant, endpoint, [5]);
    const pauses: (number | null)[] = [];
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      const { pause_s: pause, status } = await attempted(tenant, id, attempt);
      expect(status).toBe('pending');
      pauses.push(pause);
      await passes(tenant, (pause ?? 0) + 1);
    }
    expect(pauses.slice(0, 5)).toEqual([5, 30, 120, 600, 1800]);
    for (const pause of pauses.slice(5)) expect(Math.abs((pause ?? 0) - 3600)).toBeLessThanOrEqual(361);
    await attempted(tenant, id, 9);
    await passes(tenant, 3 * DAY_S);
    expect(await attempted(tenant, id, 10)).toMatchObject({
      status: 'dead',
      pause_s: null,
      error: 'The receiver answered HTTP 503.',
    });
    const headers = new Set(receiver.received.map((request) => request.headers['webhook-id']));
    expect([headers.size, receiver.received.length]).toEqual([1, 10]);

    receiver.behaves(200);
    const replay = await dataOf(tenant, 'POST', `webhooks/deliveries/${id}/replay`);
    expect(replay).toMatchObject({ replay_of: id, webhook_id: endpoint.id });
    expect(await attempted(tenant, Number(replay.id), 1)).toMatchObject({ status: 'delivered' });
    const last = receiver.received.at(-1);
    expect([last?.headers['webhook-id'], last?.body]).toEqual([[...headers][0], receiver.received[0]?.body]);
  });

  it.each([
    [429, '90', 90],
    [503, '4', 5],
    [500, '90', 5],
    [429, 'soon', 5],
    [429, '-1', 5],
    [503, '999999999', 3 * DAY_S],
  ])('with status %i and Retry-After %s are retried after %i s', async (status, retryAfter, pause) => {
    const endpoint = await endpointOf(tenant, receiver.url);
    receiver.behaves((_request, response) => response.writeHead(status, { 'retry-after': retryAfter }).end());
    const [id = 0] = await happen(tenant, endpoint, [5]);
    const { pause_s: found } = await attempted(tenant, id, 1);
    expect(Math.abs((found ?? 0) - pause)).toBeLessThanOrEqual(1);
  });

  it('stop at once when the receiver says 410, wait, and go on when the endpoint is enabled', async () => {
    const endpoint = await endpointOf(tenant, receiver.url);
    const other = await endpointOf(tenant, `${receiver.url}/other`);
    receiver.behaves(410);
    const [id = 0] = await happen(tenant, endpoint, [5]);
    expect(await attempted(tenant, id, 1)).toMatchObject({ status: 'pending', response_status: 410 });
    const disabled = await eventually('the endpoint to be disabled', async () => {
      const data = await dataOfGet(endpoint.id);
      return data.enabled === false ? data : undefined;
    });
    expect(disabled).toMatchObject({ disabled_reason: 'gone', disabled_at: expect.any(String) });
    expect(await newsOf(other.id)).toEqual([['webhook.disabled', endpoint.id]]);
    receiver.behaves(200);
    const [young = 0, old = 0] = await happen(tenant, endpoint, [6, 7]);
    await tenant.rows(
      "UPDATE webhook_deliveries SET created_at = created_at - interval '3 days 1 minute' WHERE tenant_id = $1 AND id = $2",
      [tenant.id, old],
    );
    await passes(tenant, 3600, id);
    await happen(tenant, other, [8]);
    await receiver.count(1, '/other');
    expect(await attempted(tenant, young, 0)).toMatchObject({ attempts: 0, status: 'pending' });

    expect(await dataOf(tenant, 'PATCH', `webhooks/${endpoint.id}`, { enabled: true })).toMatchObject({
      enabled: true,
      disabled_reason: null,
      disabled_at: null,
      failing_since: null,
    });
    expect(await attempted(tenant, id, 2)).toMatchObject({ status: 'delivered' });
    expect(await attempted(tenant, young, 1)).toMatchObject({ status: 'delivered' });
    const givenUp = await eventually('the old one to be given up', async () => {
      const stored = await attempted(tenant, old, 0);
      return stored.status === 'pending' ? undefined : stored;
    });
    expect(givenUp).toMatchObject({
      status: 'dead',
      attempts: 0,
      pause_s: null,
      error: expect.stringMatching(/^The endpoint was disabled for too long/),
    });
    expect(await newsOf(other.id)).toEqual([
      ['webhook.disabled', endpoint.id],
      ['webhook.enabled', endpoint.id],
    ]);
  });

  it('do not disable an endpoint that is elsewhere when the old place says 410', async () => {
    const endpoint = await endpointOf(tenant, `${receiver.url}/old`);
    let answer: (() => void) | undefined;
    receiver.behaves(({ path }, response) => {
      if (path === '/old') answer = () => void response.writeHead(410).end();
      else response.writeHead(200).end();
    });
    const [id = 0] = await happen(tenant, endpoint, [5]);
    await receiver.count(1, '/old');
    await dataOf(tenant, 'PATCH', `webhooks/${endpoint.id}`, { url: `${receiver.url}/new` });
    answer?.();
    expect(await attempted(tenant, id, 1)).toMatchObject({ response_status: 410 });
    await passes(tenant, 10, id);
    expect(await attempted(tenant, id, 2)).toMatchObject({ status: 'delivered' });
    expect(await dataOfGet(endpoint.id)).toMatchObject({ enabled: true, disabled_reason: null });
  });

  it('end after 3 days of failures by disabling the endpoint, not a moment earlier', async () => {
    const endpoint = await endpointOf(tenant, receiver.url);
    receiver.behaves(500);
    const [first = 0] = await happen(tenant, endpoint, [5]);
    await attempted(tenant, first, 1);
    const { failing_since: since } = await eventually('the failure to be noted', async () => {
      const data = await dataOfGet(endpoint.id);
      return data.failing_since === null ? undefined : data;
    });
    expect(since).toEqual(expect.any(String));
    await tenant.rows("UPDATE webhooks SET failing_since = now() - interval '2 days 23 hours' WHERE id = $1", [
      endpoint.id,
    ]);
    // Of one resource the next is made when the last one, and what follows from it for the endpoint, has come to its end.
    const [, third = 0] = await happen(tenant, endpoint, [6, 6]);
    await attempted(tenant, third, 1);
    expect(await dataOfGet(endpoint.id)).toMatchObject({ enabled: true });
    await tenant.rows("UPDATE webhooks SET failing_since = now() - interval '3 days' WHERE id = $1", [endpoint.id]);
    await eventually('the endpoint to be disabled', async () => {
      await happen(tenant, endpoint, [7]);
      const data = await dataOfGet(endpoint.id);
      return data.disabled_reason === 'failing' ? data : undefined;
    });
  });

  it('of a URL say nothing of the next one', async () => {
    const endpoint = await endpointOf(tenant, receiver.url);
    await tenant.rows("UPDATE webhooks SET failing_since = now() - interval '1 day' WHERE id = $1", [endpoint.id]);
    const patch = (url: string) => dataOf(tenant, 'PATCH', `webhooks/${endpoint.id}`, { url });
    expect(await patch(receiver.url)).toMatchObject({ failing_since: expect.any(String) });
    expect(await patch(`${receiver.url}/new`)).toMatchObject({ failing_since: null });
  });

  it('that succeed end the failing of the endpoint', async () => {
    const endpoint = await endpointOf(tenant, receiver.url);
    receiver.behaves(500);
    const [id = 0] = await happen(tenant, endpoint, [5]);
    await attempted(tenant, id, 1);
    receiver.behaves(200);
    await passes(tenant, 10, id);
    expect(await attempted(tenant, id, 2)).toMatchObject({ status: 'delivered' });
    await eventually('the failing to end', async () =>
      (await dataOfGet(endpoint.id)).failing_since === null ? true : undefined,
    );
  });
});
