import { OtpLab } from '../otp/otp-lab.js';
import { ContactLab } from '../contacts/contact-lab.js';
import { NO_PAIR_LIMIT, TestTenant } from '../support/tenant.js';
import { EventLab } from './event-lab.js';

const PHONE = '201001234567';
/** WhatsApp takes messages and says nothing more of them. */
const SILENT = { delays: { sent: null, delivered: null, read: null, played: null } };

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('events of messages', () => {
  let tenant: TestTenant;
  let events: EventLab;
  beforeEach(async () => {
    tenant = await TestTenant.create({
      throughput: 1000,
      sandboxNumber: { enforce_window: false, behaviour: SILENT, ...NO_PAIR_LIMIT },
    });
    events = await EventLab.create(tenant);
  });
  afterEach(() => tenant.close());

  const send = async (fields: Record<string, unknown> = {}): Promise<{ id: number; requestId: string }> => {
    const { status, body } = await tenant.api.send(
      'text',
      { phone: PHONE, message: 'Your order has left', ...fields },
      { prefer: 'respond-async' },
    );
    if (status !== 200) throw new Error(`not accepted: ${JSON.stringify(body)}`);
    return { id: Number(body.data?.chat_message_id), requestId: body.meta.request_id };
  };
  const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();
  /** WhatsApp reports on a message. */
  const report = async (wamid: unknown, status: string): Promise<void> => {
    const timestamp = String(Math.floor(Date.now() / 1000));
    await tenant.control.call('POST', '/webhooks/inject', {
      phone_number_id: tenant.phoneNumberId,
      payload: {
        object: 'whatsapp_business_account',
        entry: [
          {
            id: tenant.wabaId,
            changes: [
              {
                field: 'messages',
                value: {
                  messaging_product: 'whatsapp',
                  metadata: { display_phone_number: '1', phone_number_id: tenant.phoneNumberId },
                  statuses: [{ id: wamid, status, timestamp, recipient_id: PHONE }],
                },
              },
            ],
          },
        ],
      },
    });
  };

  it('follow a message from its send to its end, with the request that sent it', async () => {
    const { id, requestId } = await send();
    const sent = await events.message(id, 'message.sent');
    for (const status of ['delivered', 'read', 'played']) {
      await report(sent.payload.data.resource.attributes.message_id, status);
      await events.message(id, `message.${status}`);
    }
    const shown = (await tenant.api.getMessage(id)).body.data;
    const news = await events.news();
    expect(news.map(({ type }) => type)).toEqual([
      'contact.created',
      ...['queued', 'sent', 'delivered', 'read', 'played'].map((status) => `message.${status}`),
    ]);
    const [contact, ...ofMessage] = news;
    expect(contact?.payload.metadata.request_id).toBe(requestId);
    for (const event of ofMessage) {
      await events.expectDocumented(event);
      const { payload } = event;
      expect(payload.metadata.request_id).toBe(requestId);
      expect(payload.data.relationships).toEqual({
        contact: { id: contact?.resource_id, name: PHONE },
        chat: { id: shown?.chat_id },
        number: { phone_number_id: tenant.phoneNumberId, display_phone_number: expect.any(String) as unknown },
      });
      expect(payload.data.resource.attributes).toMatchObject({
        id,
        status: event.type.slice(8),
        message: 'Your order has left',
      });
      if (event.type !== 'message.queued') expect(payload.changes.modified_fields).toContain('status');
    }
    expect(ofMessage.at(-1)?.payload.data.resource.attributes).toEqual(shown);
  });

  it('tell of what a customer sends, as GET shows it', async () => {
    const { message_id } = await tenant.control.inbound(tenant.phoneNumberId, {
      from: '201333000009',
      profile_name: 'Hana',
      type: 'location',
      location: { latitude: 30.05, longitude: 31.23, name: 'Tahrir' },
    });
    await events.next('message.received');
    const [contact, received, ...more] = await events.all();
    if (!contact || !received) throw new Error('an event is missing');
    expect([contact.type, received.type, more]).toEqual(['contact.created', 'message.received', []]);
    await events.expectDocumented(contact);
    await events.expectDocumented(received);
    const shown = (await tenant.api.getMessage(message_id)).body.data;
    expect(received.payload.data.resource.attributes).toEqual(shown);
    expect(received.payload.data.relationships).toMatchObject({ contact: { id: shown?.contact_id, name: 'Hana' } });
  });

  it('tell of messages that failed, are unknown, expired or were cancelled', async () => {
    const failing = await send({ phone: '15550131026' });
    const failed = await events.message(failing.id, 'message.failed');
    expect(failed.payload.data.resource.attributes).toMatchObject({ error: { code: 131026 } });

    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'accept_then_drop', count: 1 });
    const doubtful = await send();
    const unknown = await events.message(doubtful.id, 'message.unknown');

    const late = await send({ send_at: inAnHour(), expires_in: 10 });
    await tenant.rows(`UPDATE messages SET expires_at = now() - interval '1 second' WHERE id = $1 AND tenant_id = $2`, [
      late.id,
      tenant.id,
    ]);
    const expired = await events.message(late.id, 'message.expired');

    const unwanted = await send({ send_at: inAnHour() });
    expect((await tenant.api.request('POST', `/api/v2/messages/${unwanted.id}/cancel`)).status).toBe(200);
    const cancelled = await events.message(unwanted.id, 'message.cancelled');
    for (const event of [failed, unknown, expired, cancelled]) await events.expectDocumented(event);
    const told = (await events.news()).filter(({ type }) => type.startsWith('message.'));
    const ofEach = [failing, doubtful, late, unwanted].map(({ id }) =>
      told.filter(({ resource_id }) => resource_id === id).map(({ type }) => type.slice(8)),
    );
    expect(ofEach).toEqual([
      ['queued', 'failed'],
      ['queued', 'unknown'],
      ['queued', 'expired'],
      ['queued', 'cancelled'],
    ]);
  });

  it('say nothing of erased texts: what is cancelled is told with its text, the contact as it was, and nothing else', async () => {
    const { id } = await new ContactLab(tenant).create({ phone: PHONE, firstname: 'Mona', company: 'Little Shop' });
    const sent = await send();
    await events.message(sent.id, 'message.sent');
    const waiting = await send({ send_at: inAnHour(), message: 'See you' });
    await events.news();
    expect((await tenant.api.request('DELETE', `/api/v2/contacts/${id}`)).status).toBe(200);
    const news = await events.news();
    expect(news.map(({ type, resource_id }) => [type, resource_id])).toEqual([
      ['message.cancelled', waiting.id],
      ['contact.deleted', id],
    ]);
    expect(news[0]?.payload.data.resource.attributes).toMatchObject({
      message: 'See you',
      phone: PHONE,
      contact_id: id,
    });
    expect(news[1]?.payload.changes.previous).toMatchObject({
      firstname: 'Mona',
      phone: PHONE,
      company: 'Little Shop',
    });
  });

  it('tell of templates that a sync finds and that WhatsApp changes', async () => {
    const synced = await tenant.api.request('POST', '/api/v2/templates/sync');
    const found = await events.news();
    expect(found.length).toBe(synced.body.data?.created);
    for (const event of found) await events.expectDocumented(event);
    expect(found[0]).toMatchObject({
      type: 'template.updated',
      payload: { changes: { previous: null }, metadata: { request_id: synced.body.meta.request_id } },
    });
    expect((await tenant.api.request('POST', '/api/v2/templates/sync')).status).toBe(200);
    expect(await events.news()).toEqual([]);

    const hello = found.find(({ payload }) => payload.data.resource.attributes.name === 'hello');
    const path = `/accounts/${tenant.wabaId}/templates/hello/status`;
    await tenant.control.call('POST', path, { status: 'PAUSED', webhook: true });
    const paused = await events.next('template.updated');
    expect(paused.resource_id).toBe(hello?.resource_id);
    expect(paused.payload.changes.modified_fields).toEqual(['status']);
    const { body } = await tenant.api.request(
      'GET',
      `/api/v2/templates/${String(paused.payload.data.resource.attributes.template_id)}`,
    );
    expect(paused.payload.data.resource.attributes).toEqual(body.data);
  });
});

it('otp.verified tells who verified which purpose; no event ever tells a code', async () => {
  const otp = await OtpLab.create();
  const events = await EventLab.create(otp.tenant);
  const phone = otp.phone();
  const code = 'Zk3Qw9Xy';
  const sent = await otp.sent({ phone, code, purpose: 'login' });
  const wrong = await otp.verify({ phone, purpose: 'login', code: 'Zk3Qw9Xx' });
  expect(wrong.status).toBe(422);
  const right = await otp.verify({ phone, purpose: 'login', code });
  const news = await events.news();
  const verified = news.filter(({ type }) => type === 'otp.verified');
  expect(verified).toHaveLength(1);
  for (const event of verified) {
    await events.expectDocumented(event);
    expect(event.payload.data.resource).toEqual({
      type: 'otp',
      id: sent.body.data?.chat_message_id,
      attributes: { ...right.body.data, message_id: sent.body.data?.chat_message_id },
    });
    expect(event.payload.metadata.request_id).toBe(right.body.meta.request_id);
  }
  expect(news.some(({ type }) => type === 'message.queued')).toBe(true);
  expect(JSON.stringify(news)).not.toContain(code);
  await otp.close();
});
