import { CHAT_LIST } from '../../src/chats/chat-list.js';
import { eventually } from '../support/eventually.js';
import { getList, refusedBy } from '../support/list-client.js';
import { insertChat, insertMessage } from '../support/stored-messages.js';
import { TestTenant } from '../support/tenant.js';

interface Chat {
  id: number;
  unread_count: number;
  last_message: { id: number; message: string; type: string } | null;
  last_message_at: string;
  last_inbound_at: string | null;
  service_window_expires_at: string | null;
}

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('/chats', () => {
  let tenant: TestTenant;
  let stranger: TestTenant;
  beforeAll(async () => {
    [tenant, stranger] = await Promise.all([TestTenant.create(), TestTenant.create()]);
  });
  afterAll(() => Promise.all([tenant.close(), stranger.close()]));

  const chats = async (query = '', of = tenant): Promise<Chat[]> => (await getList<Chat>(of.api, 'chats', query)).items;
  const chatIds = async (query: string): Promise<number[]> => (await chats(query)).map(({ id }) => id);
  /** The customer writes in, and the chat shows it. */
  const write = async (from: string, message: Record<string, unknown>, of = tenant) => {
    const sent = await of.control.inbound(of.phoneNumberId, { from, ...message });
    await eventually('the message in its chat', async () => {
      const [row] = await of.rows('SELECT 1 FROM messages WHERE tenant_id = $1 AND wamid = $2', [
        of.id,
        sent.message_id,
      ]);
      return row;
    });
    return sent.message_id;
  };
  const chatOf = async (phone: string, of = tenant): Promise<Chat> => {
    const [chat] = await chats(`q=${phone}`, of);
    if (!chat) throw new Error(`no chat with ${phone}`);
    return chat;
  };

  it('shows who writes in: contact, number, unread count, last message and service window', async () => {
    const phone = '201111000001';
    await write(phone, { type: 'text', text: 'first' });
    await write(phone, { type: 'text', text: 'second' });
    const chat = await chatOf(phone);
    expect(Object.keys(chat)).toEqual(CHAT_LIST.fields);
    expect(chat).toMatchObject({
      contact: { phone },
      number: { phone_number_id: tenant.phoneNumberId },
      unread_count: 2,
      last_message: { message: 'second', direction: 'inbound', is_read: false },
    });
    const window = Date.parse(chat.service_window_expires_at ?? '') - Date.parse(chat.last_inbound_at ?? '');
    expect(window).toBe(24 * 3600 * 1000);
    const { body } = await tenant.api.request('GET', `/api/v2/chats/${chat.id}`);
    expect(body).toMatchObject({ success: true, data: chat, message: 'Chat retrieved successfully' });
  });

  it('does not count a reaction as unread, though it is the last message', async () => {
    const phone = '201111000002';
    const wamid = await write(phone, { type: 'text', text: 'hi' });
    await write(phone, { type: 'reaction', reaction: { message_id: wamid, emoji: '👍' } });
    expect(await chatOf(phone)).toMatchObject({ unread_count: 1, last_message: { type: 'reaction' } });
  });

  it('moves to the head with what is sent and with what is received', async () => {
    const phones = ['201111000003', '201111000004'];
    for (const phone of phones) await write(phone, { type: 'text', text: 'hi' });
    const [one, two] = await Promise.all(phones.map((phone) => chatOf(phone)));
    expect((await chatIds('')).slice(0, 2)).toEqual([two?.id, one?.id]);
    const { body } = await tenant.api.sendMedia({
      phone: phones[0],
      media_type: 'document',
      media_file: { bytes: Buffer.from('an answer'), name: 'answer.txt', type: 'text/plain' },
    });
    expect(body.data).toMatchObject({ chat_id: one?.id });
    expect((await chatIds('')).slice(0, 2)).toEqual([one?.id, two?.id]);
    expect((await chatOf(phones[0] ?? '')).last_message?.id).toBe(body.data?.chat_message_id);
    await write(phones[1] ?? '', { type: 'text', text: 'again' });
    expect((await chatIds('')).slice(0, 2)).toEqual([two?.id, one?.id]);
  });

  it('lists the messages of one chat, newest first, as GET /messages shows them', async () => {
    const { chatId, contactId } = await insertChat(tenant, { phone: '201111000005' });
    const ids = [];
    for (const body of ['a', 'b', 'c']) ids.unshift(await insertMessage(tenant, { chatId, contactId, body }));
    const list = await getList<{ id: number }>(tenant.api, `chats/${chatId}/messages`, 'per_page=2');
    expect(list.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(list.items[0]).toEqual((await tenant.api.getMessage(ids[0] ?? 0)).body.data);
    const rest = await getList(tenant.api, `chats/${chatId}/messages`, `cursor=${list.pagination.next_cursor}`);
    expect(rest.items).toMatchObject([{ id: ids[2] }]);
    expect((await getList(tenant.api, `chats/${chatId}/messages`, 'q=b')).items).toMatchObject([{ id: ids[1] }]);
    const other = await insertChat(tenant, { phone: '201111000006' });
    await refusedBy(tenant.api, `chats/${other.chatId}/messages`, `cursor=${list.pagination.next_cursor}`);
  });

  it('filters, searches and sorts', async () => {
    const own = await TestTenant.create();
    const quiet = await insertChat(own, { phone: '201111000007', firstname: 'Quiet' });
    await write('201111000008', { type: 'text', text: 'hi', profile_name: 'Loud' }, own);
    const loud = await chatOf('201111000008', own);
    const found = async (query: string): Promise<number[]> => (await chats(query, own)).map(({ id }) => id);
    for (const [query, expected] of [
      ['filter[unread_count][gt]=0', [loud.id]],
      ['filter[unread_count]=0', [quiet.chatId]],
      [`filter[contact_id]=${quiet.contactId}`, [quiet.chatId]],
      [`filter[phone_number_id]=${own.phoneNumberId}&sort=created_at`, [quiet.chatId, loud.id]],
      ['filter[phone_number_id]=1', []],
      ['filter[last_inbound_at][null]=true', [quiet.chatId]],
      ['filter[last_inbound_at][null]=false', [loud.id]],
      [`filter[last_inbound_at][gte]=${loud.last_inbound_at?.replace('+', '%2B')}`, [loud.id]],
      ['filter[last_inbound_at][lt]=2020-01-01', []],
      ['filter[last_message_at][between]=2020-01-01,2020-12-31', []],
      ['filter[last_message_at][gt]=2020-12-31', [loud.id, quiet.chatId]],
      ['filter[created_at][lte]=2020-12-31', []],
      ['filter[unread_count][between]=1,9', [loud.id]],
      ['filter[unread_count][in]=0,7', [quiet.chatId]],
      [`filter[contact_id][ne]=${quiet.contactId}`, [loud.id]],
      [`filter[phone_number_id][not_in]=${own.phoneNumberId}`, []],
      ['filter[service_window_expires_at][null]=true', [quiet.chatId]],
      ['filter[service_window_expires_at][gt]=2026-01-01', [loud.id]],
      ['q=quiet', [quiet.chatId]],
      ['q=0008', [loud.id]],
      ['q=%25', []],
      ['q=qui_t', []],
      ['sort=unread_count', [quiet.chatId, loud.id]],
      ['sort=-unread_count', [loud.id, quiet.chatId]],
    ] as const) {
      expect({ query, ids: await found(query) }).toEqual({ query, ids: expected });
    }
    await own.close();
  });

  it.each([
    ['filter[phone]=1', 'filter.phone'],
    ['filter[unread_count][like]=1', 'filter.unread_count.like'],
    ['filter[unread_count][null]=true', 'filter.unread_count.null'],
    ['sort=phone', 'sort'],
    ['fields=tenant_id', 'fields'],
    ['include=contact', 'include'],
    ['per_page=101', 'per_page'],
    ['per_page=0', 'per_page'],
    ['page=0', 'page'],
    ['cursor=made-up', 'cursor'],
  ])('refuses %s', async (query, parameter) => {
    expect(Object.keys(await refusedBy(tenant.api, 'chats', query))).toEqual([parameter]);
  });

  it('answers 404 for a chat of another tenant, an unknown one, and what is no integer', async () => {
    const { chatId, contactId } = await insertChat(tenant, { phone: '201111000009' });
    await insertMessage(tenant, { chatId, contactId, body: 'mine', direction: 'inbound', wamid: 'wamid.mine' });
    for (const id of [String(chatId), '2147483647', '999999999999999', '1e3', 'x', '-1', '0x1', '%00']) {
      for (const [method, path] of [
        ['GET', `/api/v2/chats/${id}`],
        ['GET', `/api/v2/chats/${id}/messages`],
        ['POST', `/api/v2/chats/${id}/read`],
      ] as const) {
        const { status, body } = await stranger.api.request(method, path);
        expect({ path, status, code: body.error?.code }).toEqual({ path, status: 404, code: 'NOT_FOUND' });
      }
    }
    expect(await tenant.rows('SELECT is_read FROM messages WHERE chat_id = $1', [chatId])).toEqual([
      { is_read: false },
    ]);
    for (const query of ['', 'q=2011', `filter[contact_id]=${contactId}`]) {
      const { items, pagination } = await getList(stranger.api, 'chats', query);
      expect({ query, items, total: pagination.total }).toEqual({ query, items: [], total: 0 });
    }
  });

  it('wants chats:read to look, and chats:write to mark', async () => {
    const reader = await TestTenant.create({ scopes: ['chats:read'], withoutNumber: true });
    const writer = await TestTenant.create({ scopes: ['chats:write'], withoutNumber: true });
    const statusOf = async ({ api }: TestTenant, method: string, path: string): Promise<number> =>
      (await api.request(method, `/api/v2/chats${path}`)).status;
    expect(await statusOf(reader, 'GET', '')).toBe(200);
    expect(await statusOf(reader, 'POST', '/1/read')).toBe(403);
    expect(await statusOf(writer, 'GET', '')).toBe(403);
    expect(await statusOf(writer, 'GET', '/1')).toBe(403);
    expect(await statusOf(writer, 'GET', '/1/messages')).toBe(403);
    expect(await statusOf(writer, 'POST', '/1/read')).toBe(404);
    await Promise.all([reader.close(), writer.close()]);
  });
});
