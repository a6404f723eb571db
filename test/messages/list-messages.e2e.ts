import { MESSAGE_LIST } from '../../src/messages/list/message-list.js';
import { getList, refusedBy } from '../support/list-client.js';
import { insertChat, insertMessage } from '../support/stored-messages.js';
import { TestTenant } from '../support/tenant.js';

interface Item {
  id: number;
  message: string;
}

describe('GET /messages', () => {
  let tenant: TestTenant;
  let stranger: TestTenant;
  let mona: { chatId: number; contactId: number };
  let omar: { chatId: number; contactId: number };
  let greeting: number;
  let photo: number;
  let reply: number;
  let arabic: number;
  beforeAll(async () => {
    [tenant, stranger] = await Promise.all([TestTenant.create(), TestTenant.create()]);
    mona = await insertChat(tenant, { phone: '201000000001' });
    omar = await insertChat(tenant, { phone: '201000000002' });
    const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1, 8, 0, second));
    greeting = await insertMessage(tenant, {
      ...mona,
      body: 'Hello Mona, 50% off',
      createdAt: at(1),
      wamid: 'wamid.1',
    });
    photo = await insertMessage(tenant, {
      ...omar,
      body: 'Your photo',
      type: 'image',
      status: 'failed',
      createdAt: at(2),
    });
    reply = await insertMessage(tenant, { ...mona, body: 'hello back', direction: 'inbound', createdAt: at(3) });
    arabic = await insertMessage(tenant, { ...omar, body: 'مرحبا عمر', status: 'queued', createdAt: at(4) });
    // The other way round.
    await tenant.rows(
      `UPDATE messages SET updated_at = timestamptz '2026-02-01Z' - (created_at - timestamptz '2026-01-01Z') WHERE tenant_id = $1`,
      [tenant.id],
    );
  });
  afterAll(() => Promise.all([tenant.close(), stranger.close()]));

  const ids = async (query: string, path = 'messages'): Promise<number[]> =>
    (await getList<Item>(tenant.api, path, query)).items.map(({ id }) => id);

  it('shows what was sent and received, newest first, each as GET /messages/{id} shows it', async () => {
    const { status, items, pagination } = await getList<Item>(tenant.api, 'messages');
    expect({ status, ids: items.map(({ id }) => id) }).toEqual({ status: 200, ids: [arabic, reply, photo, greeting] });
    expect(pagination).toEqual({
      current_page: 1,
      per_page: 15,
      total: 4,
      last_page: 1,
      from: 1,
      to: 4,
      next_cursor: null,
    });
    for (const item of items) {
      const { body } = await tenant.api.getMessage(item.id);
      expect(item).toEqual(body.data);
      expect(Object.keys(item)).toEqual(MESSAGE_LIST.fields);
    }
    expect(items[3]).toMatchObject({
      interaction_id: mona.chatId,
      chat_id: mona.chatId,
      contact_id: mona.contactId,
      type: 'text',
      message: 'Hello Mona, 50% off',
      status: 'sent',
      message_id: 'wamid.1',
      sent_at: '2026-01-01T08:00:01+00:00',
      direction: 'outbound',
      phone: '201000000001',
    });
  });

  it('answers the same at its other address', async () => {
    expect(await ids('sort=created_at', 'messages/messages')).toEqual([greeting, photo, reply, arabic]);
  });

  it('filters, searches, sorts and picks fields', async () => {
    for (const [query, expected] of [
      ['filter[type]=image', [photo]],
      ['filter[type][ne]=text', [photo]],
      ['filter[status]=failed', [photo]],
      ['filter[status][in]=failed,queued', [arabic, photo]],
      ['filter[status][not_in]=failed,queued', [reply, greeting]],
      [`filter[interaction_id]=${mona.chatId}`, [reply, greeting]],
      [`filter[chat_id][ne]=${mona.chatId}`, [arabic, photo]],
      [`filter[contact_id]=${omar.contactId}`, [arabic, photo]],
      ['filter[direction]=inbound', [reply]],
      ['filter[phone]=%2B20 100 000 0002', [arabic, photo]],
      ['filter[created_at][between]=2026-01-01T08:00:02Z,2026-01-01T08:00:03Z', [reply, photo]],
      ['filter[created_at]=2026-01-01&filter[type]=image', [photo]],
      ['filter[type][in]=image,video', [photo]],
      ['filter[type][not_in]=image,video', [arabic, reply, greeting]],
      ['filter[status][ne]=failed', [arabic, reply, greeting]],
      [`filter[interaction_id][in]=${mona.chatId},0`, [reply, greeting]],
      [`filter[interaction_id][not_in]=${mona.chatId},0`, [arabic, photo]],
      ['filter[direction][ne]=inbound', [arabic, photo, greeting]],
      ['filter[direction][in]=inbound,outbound', [arabic, reply, photo, greeting]],
      [`filter[contact_id][not_in]=${omar.contactId}`, [reply, greeting]],
      ['filter[phone][in]=201000000001,%2B201000000002', [arabic, reply, photo, greeting]],
      ['filter[phone][ne]=00201000000001', [arabic, photo]],
      ['filter[updated_at][gt]=2026-01-31T15:59:58Z', [greeting]],
      ['filter[updated_at][lte]=2026-01-31T15:59:56Z', [arabic]],
      ['filter[created_at][gte]=2026-01-02', []],
      ['search=HELLO', [reply, greeting]],
      ['q=hello&filter[direction]=outbound', [greeting]],
      ['q=0%25', [greeting]],
      ['q=_', []],
      ['q=He__o', []],
      ['q=%25%25%25', []],
      ['q=%5C', []],
      ['q=Hello%5C', []],
      ['q=%D8%AD%D8%A8%D8%A7', [arabic]],
      ['q=ph', [photo]],
      ['q=o', [reply, photo, greeting]],
      ['sort=created_at&q=hello', [greeting, reply]],
      ['sort=updated_at', [arabic, reply, photo, greeting]],
      ['sort=-updated_at,created_at', [greeting, photo, reply, arabic]],
    ] as const) {
      expect({ query, ids: await ids(query) }).toEqual({ query, ids: expected });
    }
    const { items } = await getList<Item>(tenant.api, 'messages', 'fields=message,id&filter[type]=image');
    expect(items).toEqual([{ id: photo, message: 'Your photo' }]);
  });

  it('finds a text as soon as it is stored, changed or erased', async () => {
    const id = await insertMessage(tenant, { ...mona, body: 'ZEBRA Élan', createdAt: new Date(0) });
    expect([await ids('q=zebra'), await ids('q=RA %C3%A9LA')]).toEqual([[id], [id]]);
    await tenant.rows(`UPDATE messages SET body = 'Giraffe' WHERE id = $1`, [id]);
    expect([await ids('q=zebra'), await ids('q=giraffe'), await ids('q=GIR')]).toEqual([[], [id], [id]]);
    await tenant.rows('UPDATE messages SET body = NULL WHERE id = $1', [id]);
    expect(await ids('q=giraffe')).toEqual([]);
    await tenant.rows(`UPDATE messages SET body = 'giraffe' WHERE id = $1`, [id]);
    await tenant.rows('DELETE FROM messages WHERE id = $1', [id]);
    expect(await ids('q=giraffe')).toEqual([]);
    expect(await tenant.rows('SELECT 1 FROM message_texts WHERE message_id = $1', [id])).toEqual([]);
  });

  it('continues by cursor, with search and filters in it', async () => {
    const query = 'per_page=1&q=o&filter[direction]=outbound&sort=created_at&fields=id';
    const first = await getList(tenant.api, 'messages', query);
    expect(first).toMatchObject({ items: [{ id: greeting }], pagination: { total: 2, last_page: 2 } });
    const next = `cursor=${first.pagination.next_cursor}`;
    const second = { items: [{ id: photo }], pagination: { current_page: 2, total: null, next_cursor: null } };
    expect(await getList(tenant.api, 'messages', next)).toMatchObject(second);
    expect(await getList(tenant.api, 'messages', `${query}&${next}`)).toMatchObject(second);
    expect(await getList(tenant.api, 'messages/messages', next)).toMatchObject(second);
  });

  it('refuses a cursor with anything else, of another tenant or list, and a made-up one', async () => {
    const { pagination } = await getList(tenant.api, 'messages', 'per_page=1&filter[direction]=outbound');
    const cursor = `cursor=${pagination.next_cursor}`;
    expect((await getList(tenant.api, 'messages', cursor)).status).toBe(200);
    for (const other of ['sort=created_at', 'filter[direction]=inbound', 'filter[type]=text', 'q=hello', 'page=7']) {
      expect(await refusedBy(tenant.api, 'messages', `${cursor}&${other}`)).toEqual({ cursor: [expect.any(String)] });
    }
    const strange = { cursor: ['is not a cursor of this list: take next_cursor as it was given'] };
    expect(await refusedBy(stranger.api, 'messages', cursor)).toEqual(strange);
    expect(await refusedBy(tenant.api, 'chats', cursor)).toEqual(strange);
    expect(await refusedBy(tenant.api, `chats/${mona.chatId}/messages`, cursor)).toEqual(strange);
    for (const madeUp of ['x', 'eyJpZCI6MX0', '%00', '%E2%82%AC', 'A'.repeat(5000)]) {
      await refusedBy(tenant.api, 'messages', `cursor=${madeUp}`);
    }
  });

  it.each([
    ['per_page=0', 'per_page'],
    ['per_page=101', 'per_page'],
    ['per_page=ten', 'per_page'],
    ['page=0', 'page'],
    ['page=x', 'page'],
    ['sort=phone', 'sort'],
    ['sort=-created_at,id;DROP TABLE messages', 'sort'],
    ['fields=id,tenant_id', 'fields'],
    ['include=contact', 'include'],
    ['filter[colour]=red', 'filter.colour'],
    ['filter[tenant_id]=1', 'filter.tenant_id'],
    ['filter[status]=gone', 'filter.status'],
    ['filter[status][like]=sent', 'filter.status.like'],
    ['filter[type][gt]=a', 'filter.type.gt'],
    ['filter[interaction_id]=x', 'filter.interaction_id'],
    ['filter[created_at]=yesterday', 'filter.created_at'],
    ['filter[created_at][between]=2026-01-02,2026-01-01', 'filter.created_at.between'],
    ['filter[type][about]=text', 'filter.type.about'],
    ['filter[type][null]=true', 'filter.type.null'],
    ['filter[direction][in][]=inbound', 'filter'],
    ['q=%00', 'q'],
    [`q=${'a'.repeat(201)}`, 'q'],
    [`${'a=1&'.repeat(201)}`, 'query'],
  ])('refuses %s', async (query, parameter) => {
    expect(Object.keys(await refusedBy(tenant.api, 'messages', query))).toEqual([parameter]);
  });

  it('takes 2,000 characters of filters, and refuses 10 KB, in whatever script', async () => {
    const longest = await getList(tenant.api, 'messages', `filter[type]=${'%D8%A8'.repeat(2000)}`);
    expect({ status: longest.status, items: longest.items }).toEqual({ status: 200, items: [] });
    for (const value of ['1'.repeat(10_240), '%D8%A8'.repeat(2001)]) {
      expect(Object.keys(await refusedBy(tenant.api, 'messages', `filter[type]=${value}`))).toEqual(['filter']);
    }
  });

  it('names every wrong parameter at once, and what is allowed', async () => {
    const details = await refusedBy(tenant.api, 'messages', 'per_page=0&sort=x&filter[y]=1&filter[status][z]=sent');
    expect(Object.keys(details)).toEqual(['sort', 'per_page', 'filter.y', 'filter.status.z']);
    expect(details.sort?.[0]).toContain('created_at, updated_at');
    expect(details['filter.y']?.[0]).toContain('type, status, interaction_id');
    expect(details['filter.status.z']?.[0]).toContain('eq, ne, in, not_in');
  });

  it('takes the smallest and the largest page', async () => {
    expect((await getList(tenant.api, 'messages', 'per_page=1')).items).toHaveLength(1);
    expect((await getList(tenant.api, 'messages', 'per_page=100')).items).toHaveLength(4);
    expect((await getList(tenant.api, 'messages', 'page=10000000&per_page=100')).items).toEqual([]);
  });

  it('shows nothing of another tenant', async () => {
    for (const query of ['', 'q=hello', `filter[chat_id]=${mona.chatId}`, `filter[contact_id]=${omar.contactId}`]) {
      const { status, items, pagination } = await getList(stranger.api, 'messages', query);
      expect({ status, items, total: pagination.total }).toEqual({ status: 200, items: [], total: 0 });
    }
  });

  it('wants the scope messages:read, before it looks at the query', async () => {
    const sender = await TestTenant.create({ scopes: ['messages:send'], withoutNumber: true });
    for (const path of ['messages', 'messages/messages']) {
      expect((await getList(sender.api, path, 'per_page=0')).status).toBe(403);
    }
    await sender.close();
  });
});
