import {
  inbound,
  InboxFixture,
  messagesEntry,
  newPhone,
  newWamid,
  textOf,
  timestamp,
  webhook,
  type FixtureNumber,
} from './inbox-fixture.js';

const DAY_MS = 24 * 3600 * 1000;

describe('inbound messages', () => {
  let inbox: InboxFixture;
  beforeAll(async () => {
    inbox = await InboxFixture.start();
  });
  afterAll(() => inbox.stop());

  const contacts = (tenantId: number) =>
    inbox.rows<{
      id: number;
      firstname: string;
      type: string;
      phone: string | null;
      whatsapp_user_id: string | null;
      profile_name: string | null;
      source_id: number | null;
      status_id: number | null;
      assigned_id: number | null;
    }>('SELECT * FROM contacts WHERE tenant_id = $1 ORDER BY id', [tenantId]);
  const messages = (number: FixtureNumber) =>
    inbox.rows<{
      id: number;
      contact_id: number;
      chat_id: number;
      wamid: string;
      body: string | null;
      content: object;
    }>('SELECT * FROM messages WHERE number_id = $1 ORDER BY id', [number.numberId]);
  const chat = (number: FixtureNumber) =>
    inbox.row<{ last_inbound_at: Date | null; service_window_expires_at: Date | null; unread_count: number }>(
      'SELECT * FROM chats WHERE number_id = $1',
      [number.numberId],
    );
  const contactCount = async (tenantId: number) =>
    (await inbox.row<{ contact_count: number }>('SELECT contact_count FROM tenants WHERE id = $1', [tenantId]))
      .contact_count;

  it('makes a lead with the defaults of the tenant, a chat with an open window, and the message', async () => {
    const number = await inbox.connectedTenant();
    const person = { phone: newPhone(), userId: 'US.1349', name: 'Sheena' };
    const message = textOf(person, { timestamp: timestamp(60), context: { id: 'wamid.reply' } });
    await inbox.receive(inbound(number, person, message));

    const [contact, ...others] = await contacts(number.tenantId);
    const defaults = await inbox.row<Record<string, number>>('SELECT * FROM tenants WHERE id = $1', [number.tenantId]);
    expect(others).toEqual([]);
    expect(contact).toMatchObject({
      firstname: 'Sheena',
      profile_name: 'Sheena',
      lastname: '',
      type: 'lead',
      phone: person.phone,
      whatsapp_user_id: 'US.1349',
      source_id: defaults.default_source_id,
      status_id: defaults.default_status_id,
      assigned_id: defaults.default_assigned_id,
    });
    expect(defaults.contact_count).toBe(1);
    const sentAt = new Date(Number(message.timestamp) * 1000);
    expect(await chat(number)).toMatchObject({
      contact_id: contact?.id,
      last_inbound_at: sentAt,
      service_window_expires_at: new Date(sentAt.getTime() + DAY_MS),
      unread_count: 1,
    });
    const [stored] = await messages(number);
    const { received_at, request_id } = await inbox.row<{ received_at: Date; request_id: string }>(
      'SELECT received_at, request_id FROM webhook_inbox ORDER BY id DESC LIMIT 1',
    );
    expect(stored).toMatchObject({
      tenant_id: number.tenantId,
      contact_id: contact?.id,
      direction: 'inbound',
      type: 'text',
      status: 'received',
      phone: person.phone,
      body: 'hello',
      content: { text: { body: 'hello' }, from_user_id: 'US.1349', context: { id: 'wamid.reply' } },
      wamid: message.id,
      reply_to_wamid: 'wamid.reply',
      is_read: false,
      next_at: null,
      sent_at: sentAt,
      created_at: received_at,
      request_id,
    });
  });

  it('makes a guest when a default is missing', async () => {
    const number = await inbox.connectedTenant();
    await inbox.rows('UPDATE tenants SET default_assigned_id = NULL WHERE id = $1', [number.tenantId]);
    const phone = newPhone();
    await inbox.receive(inbound(number, { phone }));
    expect(await contacts(number.tenantId)).toMatchObject([
      { type: 'guest', firstname: phone, source_id: null, status_id: null, assigned_id: null },
    ]);
  });

  it('lets a customer in although the plan is full', async () => {
    const number = await inbox.number(await inbox.tenant({ limitContacts: 0 }));
    await inbox.receive(inbound(number, { phone: newPhone() }));
    expect(await contactCount(number.tenantId)).toBe(1);
  });

  it('stores a message once: repeated in a body, in later webhooks, and in two batches at the same time', async () => {
    const number = await inbox.connectedTenant();
    const person = { phone: newPhone() };
    const message = textOf(person);
    const body = inbound(number, person, message, message);
    await inbox.receive(body);
    await inbox.receive(body);

    const other = textOf(person);
    await inbox.store(inbound(number, person, other));
    await inbox.store(Buffer.from(JSON.stringify(inbound(number, person, other)) + ' '.repeat(1024 * 1024)));
    await Promise.all([inbox.process(), inbox.process()]);
    await inbox.processAll();

    expect((await messages(number)).map(({ wamid }) => wamid)).toEqual([message.id, other.id]);
    expect((await chat(number)).unread_count).toBe(2);
    expect(await contactCount(number.tenantId)).toBe(1);
  });

  it('makes one contact of a person who writes twice at once, also to several numbers', async () => {
    const number = await inbox.connectedTenant();
    const second = await inbox.number(number.tenantId, { accountOf: number });
    const person = { phone: newPhone(), name: 'Ana' };
    const message = (id: string) => textOf(person, { id });
    await inbox.store(inbound(number, person, message('wamid.1'), message('wamid.2')));
    await inbox.store(inbound(second, person, message('wamid.1')));
    await inbox.process();
    expect(await contacts(number.tenantId)).toHaveLength(1);
    expect(await messages(number)).toHaveLength(2);
    expect(await messages(second)).toHaveLength(1);
  });

  it('lets many batches make the same contacts at once', async () => {
    const number = await inbox.connectedTenant();
    const phones = Array.from({ length: 20 }, newPhone);
    const bodies = Array.from({ length: 8 }, (_, turn) => {
      const people = turn % 2 === 0 ? phones : [...phones].reverse();
      const body = webhook(messagesEntry(number, { messages: people.map((phone) => textOf({ phone })) }));
      // Large enough to be a batch of its own.
      return Buffer.from(JSON.stringify(body) + ' '.repeat(1024 * 1024));
    });
    await Promise.all(bodies.map((body) => inbox.store(body)));
    await Promise.all(Array.from({ length: 4 }, () => inbox.process()));
    // What met contention to the end is tried again a little later.
    await inbox.processAll();
    expect(await contacts(number.tenantId)).toHaveLength(20);
    expect(await contactCount(number.tenantId)).toBe(20);
    expect(await messages(number)).toHaveLength(160);
    const unread = await inbox.rows('SELECT DISTINCT unread_count FROM chats WHERE number_id = $1', [number.numberId]);
    expect(unread).toEqual([{ unread_count: 8 }]);
  });

  it('knows the existing contact by his phone, and keeps what the tenant wrote about him', async () => {
    const number = await inbox.connectedTenant();
    const phone = newPhone();
    await inbox.rows(
      "INSERT INTO contacts (tenant_id, firstname, lastname, type, phone) VALUES ($1, 'Mr', 'Smith', 'customer', $2)",
      [number.tenantId, phone],
    );
    await inbox.receive(inbound(number, { phone, userId: 'US.5', name: 'smithy' }));
    expect(await contacts(number.tenantId)).toMatchObject([
      {
        firstname: 'Mr',
        lastname: 'Smith',
        type: 'customer',
        phone,
        whatsapp_user_id: 'US.5',
        profile_name: 'smithy',
      },
    ]);
    expect(await contactCount(number.tenantId)).toBe(0);
  });

  describe('service window', () => {
    it('moves forward by the messages own times, never back', async () => {
      const number = await inbox.connectedTenant();
      const person = { phone: newPhone() };
      const at = (ago: number) => textOf(person, { timestamp: timestamp(ago) });
      const [newest, middle, oldest] = [at(100), at(5000), at(90_000)];
      await inbox.receive(inbound(number, person, middle, newest, oldest));
      await inbox.receive(inbound(number, person, at(3000)));
      const newestAt = new Date(Number(newest.timestamp) * 1000);
      expect(await chat(number)).toMatchObject({
        last_inbound_at: newestAt,
        service_window_expires_at: new Date(newestAt.getTime() + DAY_MS),
        unread_count: 4,
      });
    });

    it('never ends later than a day after the arrival', async () => {
      const number = await inbox.connectedTenant();
      const person = { phone: newPhone() };
      await inbox.receive(inbound(number, person, textOf(person, { timestamp: timestamp(-3600) })));
      const { service_window_expires_at: end } = await chat(number);
      expect(end?.getTime()).toBeLessThanOrEqual(Date.now() + DAY_MS);
    });

    it.each([
      ['reaction', { reaction: { message_id: 'wamid.X', emoji: '👍' } }, 0],
      ['system', { system: { body: 'changed', type: 'other' } }, 0],
      ['unsupported', { errors: [{ code: 131051 }] }, 1],
    ])('is not opened by a message of type %s', async (type, content, unread) => {
      const number = await inbox.connectedTenant();
      const person = { phone: newPhone() };
      await inbox.receive(inbound(number, person, textOf(person, { type, text: undefined, ...content })));
      expect(await messages(number)).toMatchObject([{ type, status: 'received' }]);
      expect(await chat(number)).toMatchObject({
        last_inbound_at: null,
        service_window_expires_at: null,
        unread_count: unread,
      });
    });
  });

  it('stores what Postgres could not: NUL, lone surrogates, names of a thousand characters', async () => {
    const number = await inbox.connectedTenant();
    const person = { phone: newPhone(), name: '👍'.repeat(1000) };
    await inbox.receive(inbound(number, person, textOf(person, { text: { body: 'a\0b\ud83d' } })));
    expect(await messages(number)).toMatchObject([
      { body: 'a\uFFFDb\uFFFD', content: { text: { body: 'a\uFFFDb\uFFFD' } } },
    ]);
    const [contact] = await contacts(number.tenantId);
    expect(contact?.firstname).toBe('👍'.repeat(255));
  });

  it('keeps the ids of media', async () => {
    const number = await inbox.connectedTenant();
    const person = { phone: newPhone() };
    const image = { id: '1234', mime_type: 'image/jpeg', sha256: 'x', caption: 'look' };
    const message = textOf(person, { id: newWamid(), type: 'image', text: undefined, image });
    await inbox.receive(inbound(number, person, message));
    expect(await messages(number)).toMatchObject([{ type: 'image', body: 'look', content: { image } }]);
  });
});
