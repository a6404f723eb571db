import { eventually } from '../support/eventually.js';
import { getList } from '../support/list-client.js';
import { insertChat, insertMessage } from '../support/stored-messages.js';
import { TestTenant } from '../support/tenant.js';

const PHONE = '201222000001';

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('POST /chats/{id}/read', () => {
  let tenant: TestTenant;
  beforeEach(async () => {
    tenant = await TestTenant.create();
  });
  afterEach(() => tenant.close());

  /** The customer writes in, and the message is stored. */
  const write = async (text: string): Promise<string> => {
    const { message_id: wamid } = await tenant.control.inbound(tenant.phoneNumberId, {
      from: PHONE,
      type: 'text',
      text,
    });
    await eventually('the message', async () => {
      const [row] = await tenant.rows('SELECT 1 FROM messages WHERE tenant_id = $1 AND wamid = $2', [tenant.id, wamid]);
      return row;
    });
    return wamid;
  };
  const chatId = async (): Promise<number> => (await getList<{ id: number }>(tenant.api, 'chats')).items[0]?.id ?? 0;
  const markRead = async () => tenant.api.request('POST', `/api/v2/chats/${await chatId()}/read`);
  /** The wamids that WhatsApp was told of, in order. */
  const told = async (): Promise<{ message_id: string; http_status: number | null }[]> =>
    (await tenant.control.requests(tenant.phoneNumberId, { type: 'mark_read' })).map(({ body, http_status }) => ({
      message_id: (JSON.parse(body ?? '{}') as { message_id: string }).message_id,
      http_status,
    }));
  const receipts = (of = tenant) => of.rows('SELECT * FROM read_receipts WHERE tenant_id = $1', [of.id]);
  const settled = (of = tenant) =>
    eventually('WhatsApp being told', async () => ((await receipts(of)).length === 0 ? true : undefined));
  /** A chat with something to read. */
  const unread = async (of: TestTenant, phone: string) => {
    const chat = await insertChat(of, { phone });
    await insertMessage(of, { ...chat, direction: 'inbound', wamid: `wamid.${phone}` });
    return chat;
  };

  it('sets the count to 0, marks the messages, and tells WhatsApp of the newest', async () => {
    await write('one');
    const newest = await write('two');
    expect((await getList(tenant.api, 'chats')).items).toMatchObject([{ unread_count: 2 }]);
    const { status, body } = await markRead();
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { data: { unread_count: 0, last_message: { is_read: true } }, message: 'Chat marked as read successfully' },
    });
    const { items } = await getList(tenant.api, 'messages', 'filter[direction]=inbound');
    expect(items).toMatchObject([
      { is_read: true, read_at: expect.any(String) as string },
      { is_read: true, read_at: expect.any(String) as string },
    ]);
    await settled();
    expect(await told()).toEqual([{ message_id: newest, http_status: 200 }]);
  });

  it('tells WhatsApp nothing when nothing was unread, and again when something new came', async () => {
    await write('one');
    expect((await markRead()).status).toBe(200);
    await settled();
    expect((await markRead()).body.data).toMatchObject({ unread_count: 0 });
    expect(await receipts()).toEqual([]);
    const second = await write('two');
    expect((await getList(tenant.api, 'chats')).items).toMatchObject([{ unread_count: 1 }]);
    await markRead();
    await settled();
    expect((await told()).map(({ message_id }) => message_id)).toEqual([expect.any(String), second]);
  });

  it('answers at once although WhatsApp fails, and tells it when it is back', async () => {
    const wamid = await write('one');
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'html_502', type: 'mark_read', count: 1 });
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'drop_before_accept', type: 'mark_read', count: 1 });
    expect((await markRead()).status).toBe(200);
    await settled();
    expect((await told()).map(({ message_id }) => message_id)).toEqual([wamid, wamid, wamid]);
  });

  it('gives up what WhatsApp refuses for good', async () => {
    await write('one');
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'error', code: 131009, type: 'mark_read', count: 1 });
    await markRead();
    await settled();
    expect(await told()).toHaveLength(1);
  });

  it('waits while the number is paused', async () => {
    const wamid = await write('one');
    await tenant.rows(`UPDATE phone_numbers SET paused_at = now(), paused_reason = 'test' WHERE id = $1`, [
      tenant.numberId,
    ]);
    await markRead();
    // Whoever looks for what is due finds the other one, and passes over this one.
    const other = await TestTenant.create();
    const { chatId: otherChat } = await unread(other, '201222000002');
    await other.api.request('POST', `/api/v2/chats/${otherChat}/read`);
    await settled(other);
    await other.close();
    expect(await receipts()).toMatchObject([{ wamid, tries: 0 }]);
    await tenant.rows('UPDATE phone_numbers SET paused_at = NULL WHERE id = $1', [tenant.numberId]);
    await settled();
    expect(await told()).toEqual([{ message_id: wamid, http_status: 200 }]);
  });

  it("waits for no other tenant's calls, however many of them hang", async () => {
    // Longer than anybody waits below.
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'delay', type: 'mark_read', delay_ms: 25_000 });
    await tenant.rows(
      `WITH contact AS (
         INSERT INTO contacts (tenant_id, firstname, type, phone)
         SELECT $1, 'Mona', 'lead', (201222100000 + n)::text FROM generate_series(1, 60) AS n RETURNING id),
       chat AS (INSERT INTO chats (tenant_id, number_id, contact_id) SELECT $1, $2, id FROM contact RETURNING id)
       INSERT INTO read_receipts (chat_id, tenant_id, wamid, next_at)
       SELECT id, $1, 'wamid.' || id, now() - interval '1 second' FROM chat`,
      [tenant.id, tenant.numberId],
    );
    await eventually('the calls that hang', async () => ((await told()).length > 0 ? true : undefined));
    const other = await TestTenant.create();
    const { chatId: otherChat } = await unread(other, '201222000003');
    await other.api.request('POST', `/api/v2/chats/${otherChat}/read`);
    await settled(other);
    await tenant.rows('DELETE FROM read_receipts WHERE tenant_id = $1', [tenant.id]);
    await other.close();
  });

  it('keeps count and messages in step with what arrives at the same moment', async () => {
    await write('one');
    const chat = await chatId();
    // An inbound message that is stored, but not committed, when the chat is marked.
    const client = await tenant.database.connect();
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM chats WHERE id = $1 FOR NO KEY UPDATE', [chat]);
    const marking = markRead();
    await eventually('the marking waiting for the chat', async () => {
      const { rows } = await client.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            AND pg_blocking_pids(pid) @> ARRAY[pg_backend_pid()]`,
      );
      return rows[0] as object | undefined;
    });
    await client.query('UPDATE chats SET unread_count = unread_count + 1 WHERE id = $1', [chat]);
    await client.query(
      `INSERT INTO messages (tenant_id, number_id, chat_id, direction, type, status, wamid)
       SELECT tenant_id, number_id, id, 'inbound', 'text', 'received', 'wamid.late' FROM chats WHERE id = $1`,
      [chat],
    );
    await client.query('COMMIT');
    client.release();
    // The message was committed before the marking got the chat: it counts as read, and the count is true.
    expect((await marking).body.data).toMatchObject({ unread_count: 0, last_message: { is_read: true } });
    await write('after');
    expect((await getList(tenant.api, 'chats')).items).toMatchObject([
      { unread_count: 1, last_message: { message: 'after', is_read: false } },
    ]);
  });
});
