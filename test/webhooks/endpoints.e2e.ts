import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MAX_WEBHOOKS } from '../../src/webhooks/endpoints/webhooks.service.js';
import type { ApiAnswer } from '../support/api-client.js';
import { TestTenant } from '../support/tenant.js';
import { endpointOf } from './delivery-lab.js';
import { Receiver, verified } from './receiver-lab.js';

const URL_OF = 'https://shop.example/hooks';

/** Real processes: API, Postgres. */
describe('webhooks', () => {
  let tenant: TestTenant;
  beforeEach(async () => {
    tenant = await TestTenant.create({ withoutNumber: true });
  });
  afterEach(() => tenant.close());

  const api = (method: string, path: string, body: unknown = {}): Promise<ApiAnswer> =>
    tenant.api.json(method, path, body);
  const get = (path: string): Promise<ApiAnswer> => tenant.api.request('GET', `/api/v2/${path}`);
  const create = (fields: object): Promise<ApiAnswer> =>
    api('POST', 'webhooks', { url: URL_OF, events: ['contact.*'], ...fields });

  it('are created, read, changed and deleted; the secret is shown when it is made, and only then', async () => {
    const created = await create({ description: ' Shop ', headers: { 'X-Api-Key': 'k-secret' } });
    expect(created.status).toBe(201);
    const { secret, ...shown } = created.body.data ?? {};
    expect(Buffer.from(String(secret).replace(/^whsec_/, ''), 'base64')).toHaveLength(32);
    expect(shown).toMatchObject({
      url: URL_OF,
      events: ['contact.*'],
      description: 'Shop',
      header_names: ['X-Api-Key'],
      enabled: true,
      disabled_reason: null,
      failing_since: null,
      previous_secret_expires_at: null,
    });
    const path = `webhooks/${String(shown.id)}`;
    expect((await get(path)).body.data).toEqual(shown);
    expect((await get('webhooks')).body.data).toEqual([shown]);
    const changed = await api('PATCH', path, { headers: null, events: ['*'], enabled: false });
    expect(changed.body.data).toMatchObject({
      url: URL_OF,
      description: 'Shop',
      header_names: [],
      events: ['*'],
      enabled: false,
      disabled_reason: null,
      disabled_at: expect.any(String),
    });
    const rotated = await api('POST', `${path}/rotate-secret`);
    expect(rotated.body.data?.secret).not.toBe(secret);
    const ends = Date.parse(String(rotated.body.data?.previous_secret_expires_at)) - Date.now();
    expect(Math.abs(ends - 86_400_000)).toBeLessThan(60_000);
    expect(JSON.stringify([await get(path), await get('webhooks'), changed])).not.toMatch(/whsec_|k-secret/);
    const rows = await tenant.rows<{ row: string }>(
      'SELECT to_jsonb(w)::text AS row FROM webhooks w WHERE tenant_id = $1',
      [tenant.id],
    );
    expect(rows[0]?.row).not.toMatch(/whsec_|k-secret/);
    const deleted = await api('DELETE', path);
    expect([deleted.status, deleted.body.data]).toEqual([200, null]);
    for (const answer of [
      await get(path),
      await api('PATCH', path),
      await api('DELETE', path),
      await api('POST', `${path}/test`),
    ])
      expect([answer.status, answer.body.error?.code]).toEqual([404, 'NOT_FOUND']);
    const trail = await tenant.rows<{ action: string }>(
      'SELECT action FROM audit WHERE tenant_id = $1 ORDER BY at, id',
      [tenant.id],
    );
    expect(trail.map(({ action }) => action)).toEqual([
      'webhook.created',
      'webhook.updated',
      'webhook.secret_rotated',
      'webhook.deleted',
    ]);
  });

  const header = (name: string, value: unknown = 'x') => ({ headers: { [name]: value } });
  const headers = (count: number) => ({
    headers: Object.fromEntries(Array.from({ length: count }, (_, n) => [`X-${n}`, 'x'])),
  });
  const long = (length: number): string => `${URL_OF}?${'x'.repeat(length - URL_OF.length - 1)}`;

  it.each<[string, object]>([
    ['a URL of 2,048 characters', { url: long(2048) }],
    ['a URL with a query and a port from 1024 on', { url: 'http://shop.example:1024/a?b=c' }],
    ['a loopback address, outside production', { url: 'http://127.0.0.1:8080/' }],
    ['a description of 255 characters', { description: 'é'.repeat(255) }],
    ['an empty description', { description: '' }],
    ['20 headers', headers(20)],
    ['a header name of 100 characters', header('x'.repeat(100))],
    ['a header value of 1,024 characters', header('X', 'x'.repeat(1024))],
    ['Authorization', header('Authorization', 'Bearer a b')],
    ['no headers', { headers: {} }],
    ['text for a boolean, as forms send it', { enabled: 'false' }],
    ['everything', { events: ['*', 'contact.*', 'contact.created', 'message.received', 'webhook.*'] }],
  ])('may have %s', async (_what, fields) => {
    const { status, body } = await create(fields);
    expect([status, body.error]).toEqual([201, undefined]);
  });

  it.each<[string, string, object]>([
    ['url', 'no URL', { url: undefined }],
    ['url', 'null', { url: null }],
    ['url', 'a number', { url: 7 }],
    ['url', 'no scheme', { url: 'shop.example' }],
    ['url', 'another scheme', { url: 'ftp://shop.example' }],
    ['url', '2,049 characters', { url: long(2049) }],
    ['url', 'a user', { url: 'https://user@shop.example/' }],
    ['url', 'a password', { url: 'https://:secret@shop.example/' }],
    ['url', 'an empty user', { url: 'https://@shop.example/' }],
    ['url', 'a fragment', { url: `${URL_OF}#a` }],
    ['url', 'an empty fragment', { url: `${URL_OF}#` }],
    ['url', 'a port of mail', { url: 'http://shop.example:25/' }],
    ['url', 'the port below 1024', { url: 'http://shop.example:1023/' }],
    ['url', 'a private address', { url: 'http://10.0.0.1/' }],
    ['url', 'one in decimal', { url: 'http://167772161/' }],
    ['url', 'one in hex', { url: 'http://0x0a000001/' }],
    ['url', 'one in octal', { url: 'http://012.0.0.1/' }],
    ['url', 'one as IPv6', { url: 'http://[::ffff:10.0.0.1]/' }],
    ['url', 'one behind NAT64', { url: 'http://[64:ff9b::a00:1]/' }],
    ['url', "a cloud's credentials", { url: 'http://169.254.169.254/latest' }],
    ['events', 'no list', { events: undefined }],
    ['events', 'an empty list', { events: [] }],
    ['events', 'a text', { events: 'contact.*' }],
    ['events', 'an unknown one', { events: ['contact.*', 'group.created'] }],
    ['events', 'the test event', { events: ['webhook.test'] }],
    ['events', 'one twice', { events: ['*', '*'] }],
    ['events', 'other things than texts', { events: [7, null] }],
    ['description', '256 characters', { description: 'é'.repeat(256) }],
    ['description', 'a number', { description: 7 }],
    ['headers', 'a list', { headers: ['X-A: b'] }],
    ['headers', '21 of them', headers(21)],
    ['headers', 'a name of 101 characters', header('x'.repeat(101))],
    ['headers', 'a name with a space', header('X A')],
    ['headers', 'a name with a colon', header('X:')],
    ['headers', 'a value of 1,025 characters', header('X', 'x'.repeat(1025))],
    ['headers', 'an empty value', header('X', '')],
    ['headers', 'a number', header('X', 7)],
    ['headers', 'a line break', header('X', 'a\r\nY: b')],
    ['headers', 'other than ASCII', header('X', 'é')],
    ['headers', 'space around it', header('X', ' a')],
    ['headers', 'one name in two spellings', { headers: { 'X-A': 'x', 'x-a': 'x' } }],
    ['headers', 'one of ours', header('Webhook-Signature')],
    ['headers', 'the user agent', header('user-agent')],
    ['headers', 'the content type', header('Content-Type')],
    ['headers', 'one of the connection', header('Transfer-Encoding')],
    ['headers', 'the host', header('Host')],
    ['enabled', 'a text', { enabled: 'yes' }],
    ['enabled', 'null', { enabled: null }],
  ])('refuse as %s: %s', async (field, _what, fields) => {
    const { status, body } = await create(fields);
    expect([status, body.error?.code, Object.keys(body.error?.details ?? {})]).toEqual([
      422,
      'VALIDATION_ERROR',
      [field],
    ]);
  });

  it('refuse null on update, but for what may be empty', async () => {
    const { id } = await endpointOf(tenant, URL_OF, { description: 'Shop', headers: { 'X-A': 'x' } });
    const refused = await api('PATCH', `webhooks/${id}`, { url: null, events: null, enabled: null });
    expect([refused.status, Object.keys(refused.body.error?.details ?? {}).sort()]).toEqual([
      422,
      ['enabled', 'events', 'url'],
    ]);
    const emptied = await api('PATCH', `webhooks/${id}`, { description: null, headers: null });
    expect(emptied.body.data).toMatchObject({ description: null, header_names: [], url: URL_OF });
  });

  it(`are ${MAX_WEBHOOKS} at most, also when they are made at the same moment`, async () => {
    for (let n = 0; n < MAX_WEBHOOKS - 2; n += 1) expect((await create({})).status).toBe(201);
    const answers = await Promise.all(Array.from({ length: 4 }, () => create({})));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 403, 403]);
    const refused = answers.find(({ status }) => status === 403);
    expect(refused?.body.error).toMatchObject({
      code: 'FEATURE_LIMIT_EXCEEDED',
      details: { feature: 'webhooks', current: MAX_WEBHOOKS, maximum: MAX_WEBHOOKS },
    });
  });

  it.each([
    ['since', {}],
    ['since', { since: '2026-01-01' }],
    ['since', { since: '2026-02-30T00:00:00Z' }],
    ['since', { since: 1_767_225_600 }],
    ['until', { since: '2026-01-02T00:00:00Z', until: '2026-01-02T00:00:00Z' }],
    ['until', { since: '2026-01-02T00:00:00Z', until: 'now' }],
    ['events', { since: '2026-01-02T00:00:00Z', events: ['group.*'] }],
  ])('refuse as %s of a replay: %j', async (field, fields) => {
    const { id } = await endpointOf(tenant, URL_OF);
    const { status, body } = await api('POST', `webhooks/${id}/replay`, fields);
    expect([status, Object.keys(body.error?.details ?? {})]).toEqual([422, [field]]);
  });

  it('need the scope: reading does not allow writing', async () => {
    const reader = await TestTenant.create({ withoutNumber: true, scopes: ['webhooks:read'] });
    try {
      expect((await reader.api.request('GET', '/api/v2/webhooks')).status).toBe(200);
      const { status, body } = await reader.api.json('POST', 'webhooks', { url: URL_OF, events: ['*'] });
      expect([status, body.error?.details]).toEqual([403, { required: ['webhooks:write'] }]);
    } finally {
      await reader.close();
    }
  });

  describe('are tested', () => {
    let receiver: Receiver;
    beforeEach(async () => {
      receiver = await Receiver.start();
    });
    afterEach(() => receiver.stop());

    it('by one signed event whose outcome is answered and listed, also while disabled', async () => {
      const endpoint = await endpointOf(tenant, receiver.url, { enabled: false });
      const answer = await api('POST', `webhooks/${endpoint.id}/test`);
      expect([answer.status, answer.body.error]).toEqual([200, undefined]);
      expect(answer.body.data).toMatchObject({
        webhook_id: endpoint.id,
        type: 'webhook.test',
        status: 'delivered',
        attempts: 1,
        error: null,
        response: { status: 200, body: 'thank you' },
      });
      const [request] = receiver.received;
      if (!request) throw new Error('no request');
      expect(verified(endpoint.secret, request)).toMatchObject({
        event: { id: answer.body.data?.event_id, type: 'webhook.test' },
        data: { resource: { type: 'webhook', id: endpoint.id, attributes: { url: receiver.url } } },
        metadata: { request_id: answer.headers.get('x-request-id') },
      });
      expect((await get(`webhooks/${endpoint.id}/deliveries`)).body.data).toEqual([answer.body.data]);
    });

    it('once: a failure is answered, and not tried again', async () => {
      const endpoint = await endpointOf(tenant, receiver.url);
      receiver.behaves(500);
      const failed = await api('POST', `webhooks/${endpoint.id}/test`);
      expect(failed.body.data).toMatchObject({
        status: 'dead',
        next_attempt_at: null,
        error: 'The receiver answered HTTP 500.',
      });
      await receiver.stop();
      const refused = await api('POST', `webhooks/${endpoint.id}/test`);
      expect(refused.body.data).toMatchObject({
        status: 'dead',
        response: { status: null, body: null },
        error: 'The connection was refused.',
      });
      expect((await get(`webhooks/${endpoint.id}`)).body.data).toMatchObject({ enabled: true, failing_since: null });
      receiver = await Receiver.start();
    });
  });
});
