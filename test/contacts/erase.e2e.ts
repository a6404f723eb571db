import { eventually } from '../support/eventually.js';
import { getList } from '../support/list-client.js';
import { insertMessage } from '../support/stored-messages.js';
import { TestTenant } from '../support/tenant.js';
import { ContactLab } from './contact-lab.js';

interface Message {
  id: number;
  status: string;
  phone: string | null;
  body: string | null;
  contact_id: number | null;
}

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('deleting a contact', () => {
  let tenant: TestTenant;
  let lab: ContactLab;
  beforeAll(async () => {
    tenant = await TestTenant.create();
    lab = new ContactLab(tenant);
  });
  afterAll(() => tenant.close());

  const remove = async (id: number) => {
    expect(await tenant.api.request('DELETE', `/api/v2/contacts/${id}`)).toMatchObject({
      status: 200,
      body: { success: true, data: null, message: 'Contact deleted successfully' },
    });
    expect((await lab.get(id)).status).toBe(404);
  };
  const messageOf = async (id: unknown): Promise<Message | undefined> =>
    (
      await tenant.rows<Message>(
        'SELECT id::int, status, phone, body, contact_id FROM messages WHERE id = $1 AND tenant_id = $2',
        [id, tenant.id],
      )
    )[0];
  const later = () => new Date(Date.now() + 3_600_000).toISOString();

  it('cancels what has not left, and erases phone and text of all messages, which stay', async () => {
    const phone = '201500000001';
    const { id } = await lab.create({ phone, email: 'gone@example.com' });
    await tenant.openWindow(phone);
    const sent = (await tenant.api.send('text', { phone, message: 'a secret word' }, { prefer: 'wait=20' })).body.data;
    expect(sent).toMatchObject({ status: 'sent', contact_id: id });
    const waiting = (await tenant.api.send('text', { phone, message: 'for later', send_at: later() })).body.data;
    const chatId = Number(sent?.chat_id);
    const received = await insertMessage(tenant, { chatId, contactId: id, body: 'a reply', direction: 'inbound' });

    await remove(id);

    const erased = { phone: null, body: null, contact_id: null };
    const state = (await messageOf(sent?.chat_message_id))?.status;
    expect(['sent', 'delivered', 'read']).toContain(state);
    expect(await messageOf(sent?.chat_message_id)).toMatchObject(erased);
    expect(await messageOf(waiting?.chat_message_id)).toMatchObject({ ...erased, status: 'cancelled' });
    expect(await messageOf(received)).toMatchObject({ ...erased, status: 'received' });
    const left = await tenant.rows('SELECT 1 FROM message_texts WHERE tenant_id = $1', [tenant.id]);
    expect(left).toEqual([]);
    const shown = await tenant.api.getMessage(Number(sent?.chat_message_id));
    expect(shown.body.data).toMatchObject({ message: null, phone: null, contact_id: null, chat_id: chatId });
    expect((await tenant.api.request('GET', `/api/v2/chats/${chatId}`)).status).toBe(404);
    expect((await tenant.api.request('GET', `/api/v2/chats/${chatId}/messages`)).status).toBe(404);
    expect((await getList(tenant.api, 'chats')).pagination.total).toBe(0);
    // Phone and e-mail are free again, and nothing of the old contact comes back.
    const again = await lab.create({ phone, email: 'gone@example.com' });
    expect(again.is_opted_out).toBe(false);
    expect((await getList(tenant.api, 'messages', `filter[contact_id]=${again.id}`)).items).toEqual([]);
  });

  it('takes the one-time codes of its phone with it, and of no other', async () => {
    const [phone, other] = ['201500000011', '201500000012'];
    const { id } = await lab.create({ phone });
    for (const one of [phone, other]) {
      await tenant.rows(
        `WITH code AS (
           INSERT INTO one_time_codes (tenant_id, phone, purpose, code_id, code_hash, max_attempts, message_id, expires_at)
           VALUES ($1, $2, 'login', gen_random_uuid(), 'h', 5, 1, now() + interval '1 hour'))
         INSERT INTO one_time_code_limits (tenant_id, phone) VALUES ($1, $2)`,
        [tenant.id, one],
      );
    }
    await remove(id);
    for (const table of ['one_time_codes', 'one_time_code_limits']) {
      expect(await tenant.rows(`SELECT phone FROM ${table} WHERE tenant_id = $1`, [tenant.id])).toEqual([
        { phone: other },
      ]);
    }
  });

  it('lets nothing leave that waits for another try', async () => {
    const phone = '201500000002';
    const { id } = await lab.create({ phone });
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'error', code: 131057, mode: 'sync', to: phone });
    const message = (await tenant.api.send('text', { phone, message: 'hi' }, { prefer: 'respond-async' })).body.data;
    await eventually('the wait for another try', async () => {
      const [row] = await tenant.rows(
        `SELECT 1 FROM messages WHERE id = $1 AND status = 'sending' AND attempt_state IS NULL AND retries > 0`,
        [message?.chat_message_id],
      );
      return row;
    });
    await remove(id);
    expect(await messageOf(message?.chat_message_id)).toMatchObject({ status: 'cancelled', phone: null });
  });

  it('remembers an opt-out by a hash: who comes back by a send, a message or a create is opted out again', async () => {
    const [bySend, byMessage, byCreate] = ['201500000003', '201500000004', '201500000005'] as const;
    for (const phone of [bySend, byMessage, byCreate]) {
      const { id } = await lab.create({ phone });
      expect((await tenant.api.request('POST', `/api/v2/contacts/${id}/opt-out`)).status).toBe(200);
      await remove(id);
    }
    const kept = await tenant.rows<{ all: string }>(
      'SELECT row_to_json(f)::text AS all FROM forgotten_opt_outs f WHERE tenant_id = $1',
      [tenant.id],
    );
    expect(kept).toHaveLength(3);
    for (const { all } of kept) expect(all).not.toContain('2015000');

    expect(await tenant.api.send('text', { phone: bySend, message: 'hi' })).toMatchObject({
      status: 403,
      body: { error: { code: 'CONTACT_OPTED_OUT' } },
    });
    await tenant.control.inbound(tenant.phoneNumberId, { from: byMessage, type: 'text', text: 'hello' });
    const wrote = await eventually('the contact who wrote', async () => {
      const [row] = await tenant.rows<{ id: number; is_opted_out: boolean }>(
        'SELECT id, is_opted_out FROM contacts WHERE tenant_id = $1 AND phone = $2',
        [tenant.id, byMessage],
      );
      return row;
    });
    expect(wrote.is_opted_out).toBe(true);
    const created = await lab.create({ phone: byCreate });
    expect(created.is_opted_out).toBe(true);

    // One who opted in before is remembered no more.
    expect((await tenant.api.request('POST', `/api/v2/contacts/${created.id}/opt-in`)).status).toBe(200);
    await remove(created.id);
    expect((await lab.create({ phone: byCreate })).is_opted_out).toBe(false);
    const stranger = await TestTenant.create({ withoutNumber: true });
    expect((await new ContactLab(stranger).create({ phone: bySend })).is_opted_out).toBe(false);
    await stranger.close();
  });

  it('gives its place in the plan back', async () => {
    const before = await lab.counted();
    const { id } = await lab.create({ phone: '201500000006' });
    expect(await lab.counted()).toBe(before + 1);
    await remove(id);
    expect(await lab.counted()).toBe(before);
  });

  it('leaves each simultaneous send accepted and cancelled, to a new contact, or unknown', async () => {
    const phone = '201500000007';
    const { id } = await lab.create({ phone });
    const sends = Array.from({ length: 20 }, (_, n) =>
      tenant.api.send('text', { ...(n % 2 ? { contact_id: id } : { phone }), message: 'hi', send_at: later() }),
    );
    const [deleted, ...answers] = await Promise.all([tenant.api.request('DELETE', `/api/v2/contacts/${id}`), ...sends]);
    expect(deleted?.status).toBe(200);
    for (const { status, body } of answers) {
      expect([200, 404]).toContain(status);
      if (status !== 200) continue;
      const message = await messageOf(body.data?.chat_message_id);
      if (body.data?.contact_id === id) expect(message).toMatchObject({ status: 'cancelled', phone: null });
      else expect(message).toMatchObject({ status: 'queued', phone, contact_id: body.data?.contact_id });
    }
  });
});
