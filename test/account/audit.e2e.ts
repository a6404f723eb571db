import { randomUUID } from 'node:crypto';
import { commandJson } from '../operator/command.js';
import { operatorEnvironment } from '../operator/place.js';
import { TestTenant } from '../support/tenant.js';

interface Entry {
  at: string;
  tenant_id: number;
  token_id: number | null;
  request_id: string | null;
  action: string;
  ids: number[];
  details: Record<string, unknown>;
}

const PHONE = '201555000001';

/** Real processes: API, worker, sandbox, Postgres, Redis; read as the operator reads it. */
describe('who changed what', () => {
  let tenant: TestTenant;
  let tokenId: number;
  beforeAll(async () => {
    tenant = await TestTenant.create();
    const [token] = await tenant.rows<{ id: number }>('SELECT id FROM api_tokens WHERE tenant_id = $1', [tenant.id]);
    tokenId = token?.id ?? 0;
  });
  afterAll(() => tenant.close());

  const list = (...args: string[]): Promise<Entry[]> =>
    commandJson<Entry[]>(['audit', 'list', '--tenant', String(tenant.id), ...args], operatorEnvironment());

  const post = async (
    path: string,
    body?: object,
    status = 200,
  ): Promise<{ requestId: string; data: Record<string, unknown> }> => {
    const requestId = randomUUID();
    const answer = await tenant.api.request('POST', `/api/v2${path}`, {
      body: body && JSON.stringify(body),
      headers: { 'content-type': 'application/json', 'x-request-id': requestId, prefer: 'respond-async' },
    });
    expect(answer.status).toBe(status);
    return { requestId, data: answer.body.data ?? {} };
  };

  it('is kept of a send and of the contact that it makes', async () => {
    const { requestId, data } = await post('/messages/text', { phone: PHONE, message: 'hello' });
    const by = { tenant_id: tenant.id, token_id: tokenId, request_id: requestId };
    const entries = await list('--request', requestId, '--sends');
    expect(entries).toHaveLength(2);
    expect(entries).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ ...by, action: 'contact.created', ids: [data.contact_id] }),
        expect.objectContaining({ ...by, action: 'message.sent', ids: [data.chat_message_id] }),
      ]),
    );
    // The second send makes none.
    const again = await post('/messages/text', { phone: PHONE, message: 'again' });
    expect((await list('--request', again.requestId, '--sends')).map(({ action }) => action)).toEqual(['message.sent']);
  });

  it('is kept of every other call that changes something', async () => {
    const contact = await tenant.insertContact({ phone: '201555000002' });
    const [chat] = await tenant.rows<{ id: number }>(
      `WITH chat AS (INSERT INTO chats (tenant_id, number_id, contact_id, unread_count) VALUES ($1, $2, $3, 1) RETURNING id)
       INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, wamid, body)
       SELECT $1, $2, id, $3, 'inbound', 'unsupported', 'received', $4, 'hi' FROM chat RETURNING chat_id AS id`,
      [tenant.id, tenant.numberId, contact, `wamid.${randomUUID()}`],
    );
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const { data: scheduled } = await post('/messages/text', { contact_id: contact, message: 'later', send_at: later });
    const calls: [path: string, action: string, ids: unknown[]][] = [
      [`/contacts/${contact}/opt-out`, 'contact.opted_out', [contact]],
      [`/contacts/${contact}/opt-in`, 'contact.opted_in', [contact]],
      [`/chats/${chat?.id}/read`, 'chat.read', [chat?.id]],
      ['/templates/sync', 'templates.synced', [expect.any(Number)]],
    ];
    for (const [path, action, ids] of calls) {
      const { requestId } = await post(path);
      expect(await list('--request', requestId)).toEqual([
        expect.objectContaining({ tenant_id: tenant.id, token_id: tokenId, request_id: requestId, action, ids }),
      ]);
    }
    expect(scheduled.status).toBe('queued');
  });

  it.each([
    ['source', 'sources'],
    ['status', 'statuses'],
  ])('is kept of a %s that is made, renamed and deleted, without its name', async (noun, path) => {
    const { data, requestId } = await post(`/${path}`, { name: `Fair of ${randomUUID()}` }, 201);
    const id = Number(data.id);
    for (const [method, body] of [
      ['PATCH', { name: `Market of ${randomUUID()}` }],
      ['DELETE', undefined],
    ] as const) {
      const answer = await tenant.api.request(method, `/api/v2/${path}/${id}`, {
        body: body && JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      });
      expect(answer.status).toBe(200);
    }
    const entries = (await list('--action', noun)).filter(({ ids }) => ids[0] === id);
    expect(entries.map(({ action, details }) => [action, details])).toEqual([
      [`${noun}.deleted`, {}],
      [`${noun}.updated`, { fields: ['name'] }],
      [`${noun}.created`, {}],
    ]);
    expect(entries.at(-1)).toMatchObject({ token_id: tokenId, request_id: requestId });
  });

  it('is kept of a message that is called back, once', async () => {
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const { data } = await post('/messages/text', { phone: PHONE, message: 'later', send_at: later });
    const id = Number(data.chat_message_id);
    const { requestId } = await post(`/messages/${id}/cancel`);
    await post(`/messages/${id}/cancel`);
    const found = (await list('--action', 'message.cancelled')).filter(({ ids }) => ids.includes(id));
    expect(found.map(({ request_id }) => request_id)).toEqual([requestId]);
  });

  it('is not kept of what is refused', async () => {
    const requestId = randomUUID();
    const answer = await tenant.api.request('POST', '/api/v2/contacts/999999999/opt-out', {
      headers: { 'x-request-id': requestId },
    });
    expect(answer.status).toBe(404);
    expect(await list('--request', requestId, '--sends')).toEqual([]);
  });

  it('can be asked by kind, by token and by time', async () => {
    const kinds = new Set((await list('--action', 'contact')).map(({ action }) => action.split('.')[0]));
    expect(kinds).toEqual(new Set(['contact']));
    expect(await list('--token', String(tokenId + 1_000_000))).toEqual([]);
    expect(await list('--since', '2999-01-01')).toEqual([]);
    expect(await list('--limit', '1')).toHaveLength(1);
  });
});
