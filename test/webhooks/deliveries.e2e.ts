import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { eventually } from '../support/eventually.js';
import { TestTenant } from '../support/tenant.js';
import { attempted, endpointOf, happen, passes } from './delivery-lab.js';
import { Receiver, verified } from './receiver-lab.js';

const DAY_S = 86_400;

interface Payload {
  event: { sequence: number };
  data: { resource: { id: number } };
}

/** Events are stored as the dispatcher stores them; what delivers them is the worker of the shared installation. */
describe('deliveries of webhooks', () => {
  let tenant: TestTenant;
  let receiver: Receiver;
  beforeEach(async () => {
    [tenant, receiver] = await Promise.all([TestTenant.create({ withoutNumber: true }), Receiver.start()]);
  });
  afterEach(() => Promise.all([tenant.close(), receiver.stop()]));

  const api = (method: string, path: string, body: unknown = {}) => tenant.api.json(method, path, body);
  const dataOf = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const answer = await api(method, path, body);
    expect([answer.status, answer.body.error]).toEqual([200, undefined]);
    return answer.body.data ?? {};
  };

  it('arrive as Standard Webhooks, and the public library accepts them', async () => {
    const requestId = randomUUID();
    const endpoint = await endpointOf(tenant, `${receiver.url}/a?b=c`, {
      headers: { 'X-Api-Key': 'k-1', Authorization: 'Basic x' },
    });
    const [id = 0] = await happen(tenant, endpoint, [5], requestId);
    const [request] = await receiver.count(1);
    if (!request) throw new Error('no request');
    expect(verified(endpoint.secret, request)).toEqual({
      event: { sequence: expect.any(Number) },
      data: { resource: { id: 5 } },
      metadata: { request_id: requestId },
    });
    expect(request.path).toBe('/a?b=c');
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'rasl-webhooks/1',
      'webhook-id': expect.stringMatching(/^evt_1_\d{12}$/),
      'x-request-id': requestId,
      'x-api-key': 'k-1',
      authorization: 'Basic x',
    });
    expect(Math.abs(Number(request.headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(30);
    const { response_status: status, ...stored } = await attempted(tenant, id, 1);
    expect([status, stored.status, stored.pause_s]).toEqual([200, 'delivered', null]);

    const other = new Webhook(`whsec_${Buffer.alloc(32, 1).toString('base64')}`);
    const headers = request.headers as Record<string, string>;
    expect(() => other.verify(request.body, headers)).toThrow(WebhookVerificationError);
    expect(() => new Webhook(endpoint.secret).verify(`${request.body} `, headers)).toThrow(WebhookVerificationError);
  });

  it('are listed with request, answer and attempts; own headers without their values', async () => {
    const endpoint = await endpointOf(tenant, receiver.url, { headers: { 'X-Api-Key': 'k-1' } });
    receiver.behaves((_request, response) => response.writeHead(500).end(`${'é'.repeat(600)}\0`));
    const [id = 0] = await happen(tenant, endpoint, [5]);
    await attempted(tenant, id, 1);
    receiver.behaves(204);
    const [other = 0] = await happen(tenant, endpoint, [6]);
    await attempted(tenant, other, 1);
    const page = async (query: string) => {
      const { body } = await tenant.api.request('GET', `/api/v2/webhooks/${endpoint.id}/deliveries${query}`);
      return body.data as unknown as Record<string, unknown>[];
    };
    const [delivered, failed, ...more] = await page('');
    expect(more).toEqual([]);
    expect(delivered).toMatchObject({
      id: other,
      status: 'delivered',
      error: null,
      next_attempt_at: null,
      response: { status: 204, body: '' },
    });
    expect(failed).toMatchObject({
      id,
      webhook_id: endpoint.id,
      type: 'contact.updated',
      status: 'pending',
      attempts: 1,
      error: 'The receiver answered HTTP 500.',
      request: { url: receiver.url, body: receiver.received[0]?.body },
      // A kilobyte, to the last whole character.
      response: { status: 500, body: 'é'.repeat(512) },
      attempt_log: [{ status: 500, error: 'The receiver answered HTTP 500.' }],
    });
    expect(failed?.request).toMatchObject({ headers: { 'X-Api-Key': '***', 'webhook-id': failed?.event_id } });
    const idsOf = async (query: string) => (await page(query)).map((row) => row.id);
    expect(await idsOf('?filter[status]=pending')).toEqual([id]);
    expect(await idsOf('?filter[type]=contact.updated&sort=created_at')).toEqual([id, other]);
    expect(await idsOf('?filter[type]=contact.created')).toEqual([]);
    expect(await idsOf('?filter[created_at][gte]=2100-01-01')).toEqual([]);
    expect(await idsOf(`?filter[created_at][gte]=${new Date(Date.now() - 60_000).toISOString()}`)).toEqual([other, id]);
  });

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
    const replay = await dataOf('POST', `webhooks/deliveries/${id}/replay`);
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

  it('follow no redirect', async () => {
    const endpoint = await endpointOf(tenant, `${receiver.url}/from`);
    receiver.behaves((_request, response) => response.writeHead(307, { location: '/to' }).end());
    const [id = 0] = await happen(tenant, endpoint, [5]);
    expect(await attempted(tenant, id, 1)).toMatchObject({
      status: 'pending',
      response_status: 307,
      error: 'The receiver answered with a redirect (HTTP 307); none is followed.',
    });
    expect(receiver.received.map(({ path }) => path)).toEqual(['/from']);
  });

  it('of one resource are made one after the other in their order; a retry holds up nothing', async () => {
    const endpoint = await endpointOf(tenant, receiver.url);
    const open = new Set<number>();
    const together: number[] = [];
    const order = new Map<number, number[]>();
    receiver.behaves((request, response) => {
      const { event, data } = verified(endpoint.secret, request) as Payload;
      const { id } = data.resource;
      if (open.has(id)) together.push(id);
      open.add(id);
      order.set(id, [...(order.get(id) ?? []), event.sequence]);
      setTimeout(() => {
        open.delete(id);
        response.writeHead(order.size === 1 && order.get(id)?.length === 1 ? 500 : 200).end();
      }, 10);
    });
    const ids = await happen(
      tenant,
      endpoint,
      Array.from({ length: 40 }, (_, index) => (index % 4) + 1),
    );
    await Promise.all(ids.map((id) => attempted(tenant, id, 1)));
    expect(together).toEqual([]);
    expect([...order.keys()].sort()).toEqual([1, 2, 3, 4]);
    for (const sequences of order.values()) expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
  });

  it('carry two signatures for a day after the secret was rotated, then one', async () => {
    const endpoint = await endpointOf(tenant, receiver.url);
    const { secret } = (await dataOf('POST', `webhooks/${endpoint.id}/rotate-secret`)) as { secret: string };
    expect(secret).not.toBe(endpoint.secret);
    await happen(tenant, endpoint, [5]);
    const [both] = await receiver.count(1);
    if (!both) throw new Error('no request');
    expect(String(both.headers['webhook-signature']).split(' ')).toHaveLength(2);
    for (const one of [secret, endpoint.secret]) expect(verified(one, both)).toHaveProperty('event');
    await tenant.rows("UPDATE webhooks SET previous_secret_until = now() - interval '1 second' WHERE id = $1", [
      endpoint.id,
    ]);
    const after = await eventually('a delivery with one signature', async () => {
      await happen(tenant, endpoint, [5]);
      await receiver.count(receiver.received.length + 1);
      const last = receiver.received.at(-1);
      return last && !String(last.headers['webhook-signature']).includes(' ') ? last : undefined;
    });
    expect(verified(secret, after)).toHaveProperty('event');
    expect(() => verified(endpoint.secret, after)).toThrow(WebhookVerificationError);
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

    expect(await dataOf('PATCH', `webhooks/${endpoint.id}`, { enabled: true })).toMatchObject({
      enabled: true,
      disabled_reason: null,
      disabled_at: null,
      failing_since: null,
    });
    expect(await attempted(tenant, id, 2)).toMatchObject({ status: 'delivered' });
    expect(await attempted(tenant, young, 1)).toMatchObject({ status: 'delivered' });
    expect(await attempted(tenant, old, 0)).toMatchObject({ status: 'dead', attempts: 0 });
    expect(await newsOf(other.id)).toEqual([
      ['webhook.disabled', endpoint.id],
      ['webhook.enabled', endpoint.id],
    ]);
  });

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
    const [second = 0] = await happen(tenant, endpoint, [6]);
    await attempted(tenant, second, 1);
    expect(await dataOfGet(endpoint.id)).toMatchObject({ enabled: true });
    await tenant.rows("UPDATE webhooks SET failing_since = now() - interval '3 days' WHERE id = $1", [endpoint.id]);
    await eventually('the endpoint to be disabled', async () => {
      await happen(tenant, endpoint, [7]);
      const data = await dataOfGet(endpoint.id);
      return data.disabled_reason === 'failing' ? data : undefined;
    });
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

  it('are replayed since a time: what the endpoint asks for, or the events that are named', async () => {
    const endpoint = await endpointOf(tenant, receiver.url, { events: ['contact.*'] });
    const late = await endpointOf(tenant, `${receiver.url}/late`, { events: ['contact.*', 'message.sent'] });
    await happen(tenant, endpoint, [1, 2, 3]);
    await receiver.count(3);
    const since = new Date(Date.now() - 3600_000).toISOString();
    const replay = (more: object) => dataOf('POST', `webhooks/${late.id}/replay`, { since, ...more });
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
    await dataOf('DELETE', `webhooks/${endpoint.id}`);
    const replay = await api('POST', `webhooks/deliveries/${id}/replay`);
    expect([replay.status, replay.body.error?.code]).toEqual([404, 'NOT_FOUND']);
    expect((await tenant.api.request('GET', `/api/v2/webhooks/${endpoint.id}/deliveries`)).status).toBe(404);
  });
});
