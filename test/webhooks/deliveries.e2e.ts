import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { eventually } from '../support/eventually.js';
import { TestTenant } from '../support/tenant.js';
import { attempted, dataOf, endpointOf, happen } from './delivery-lab.js';
import { Receiver, verified } from './receiver-lab.js';

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
    const { secret } = (await dataOf(tenant, 'POST', `webhooks/${endpoint.id}/rotate-secret`)) as { secret: string };
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
});
