import { eventually } from '../support/eventually.js';
import { NO_PAIR_LIMIT, TestTenant } from '../support/tenant.js';

const PHONE = '201001234567';
const WAMID = expect.stringMatching(/^wamid\./) as string;
const ANY_NUMBER = expect.any(Number) as number;
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/) as string;

/** What the answer to every send has. */
const SENT = {
  message_id: WAMID,
  contact_id: ANY_NUMBER,
  phone: PHONE,
  status: 'sent',
  sent_at: TIME,
  chat_id: ANY_NUMBER,
  chat_message_id: ANY_NUMBER,
  service_window_expires_at: TIME,
};

/** Each kind of message, from the answer to what WhatsApp was given and what the list shows afterwards. */
describe('POST /messages/…', () => {
  let tenant: TestTenant;

  beforeAll(async () => {
    tenant = await TestTenant.create({
      throughput: 1000,
      sandboxNumber: NO_PAIR_LIMIT,
    });
    await writeIn('Good morning');
  });
  afterAll(() => tenant.close());

  /** The customer writes in, which opens the service window; ends when the platform knows. */
  async function writeIn(text: string): Promise<string> {
    const { message_id } = await tenant.control.inbound(tenant.phoneNumberId, {
      from: PHONE,
      profile_name: 'Mona',
      text,
    });
    await eventually('the customer’s message', async () =>
      (await tenant.api.getMessage(message_id)).status === 200 ? true : undefined,
    );
    return message_id;
  }

  /** What WhatsApp got of a message, without the envelope that all kinds share. */
  async function payloadOf(wamid: unknown): Promise<Record<string, unknown>> {
    const [seen] = await tenant.control.messages(tenant.phoneNumberId, { wamid: String(wamid) });
    const body = JSON.parse(seen?.body ?? 'null') as Record<string, unknown>;
    expect(body).toMatchObject({ messaging_product: 'whatsapp', recipient_type: 'individual', to: `+${PHONE}` });
    const { messaging_product, recipient_type, to, biz_opaque_callback_data, ...content } = body;
    expect([messaging_product, recipient_type, to, typeof biz_opaque_callback_data]).not.toContain(undefined);
    return content;
  }

  async function sent(kind: string, fields: Record<string, unknown>) {
    const { status, body } = await tenant.api.send(kind, { phone: PHONE, ...fields }, { prefer: 'wait=30' });
    expect({ status, error: body.error }).toEqual({ status: 200, error: undefined });
    return { data: body.data ?? {}, message: body.message, payload: await payloadOf(body.data?.message_id) };
  }

  const shown = async (id: unknown) => (await tenant.api.getMessage(Number(id))).body.data;

  it('text: merges, counts, sends and answers as documented', async () => {
    const { data, message, payload } = await sent('text', {
      phone: '+20 100 123-4567',
      message: 'مرحبا @{contact_first_name} 👍 @{other}',
    });
    expect({ data, message }).toEqual({
      data: { ...SENT, message: 'مرحبا Mona 👍 @{other}' },
      message: 'Text message sent successfully',
    });
    expect(payload).toEqual({ type: 'text', text: { body: 'مرحبا Mona 👍 @{other}' } });
    expect(await shown(data.chat_message_id)).toMatchObject({ type: 'text', message: 'مرحبا Mona 👍 @{other}' });
  });

  it('text: takes a form, too', async () => {
    const { status, body } = await tenant.api.request('POST', '/api/v2/messages/text', {
      body: new URLSearchParams({ phone: PHONE, message: 'a=b&c', contact_id: '', 'contact[firstname]': 'No' }),
      headers: { prefer: 'respond-async' },
    });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        data: { status: 'queued', message_id: null, sent_at: null, message: 'a=b&c' },
        message: 'Text message queued successfully',
      },
    });
  });

  it('interactive with buttons: what the customer taps comes back and names the message', async () => {
    const { data, payload } = await sent('interactive', {
      type: 'button',
      header_text: 'Your order',
      body_text: 'Hi @{contact_phone}, today?',
      footer_text: 'Example Shop',
      buttons: [
        { id: 'yes', title: 'Yes', surplus: 1 },
        { id: 'no', title: 'No' },
      ],
    });
    expect(data).toEqual({ ...SENT, type: 'button' });
    expect(payload).toEqual({
      type: 'interactive',
      interactive: {
        type: 'button',
        header: { type: 'text', text: 'Your order' },
        body: { text: `Hi ${PHONE}, today?` },
        footer: { text: 'Example Shop' },
        action: {
          buttons: [
            { type: 'reply', reply: { id: 'yes', title: 'Yes' } },
            { type: 'reply', reply: { id: 'no', title: 'No' } },
          ],
        },
      },
    });
    const reply = await tenant.control.inbound(tenant.phoneNumberId, {
      from: PHONE,
      type: 'interactive',
      interactive: { type: 'button_reply', button_reply: { id: 'yes', title: 'Yes' } },
      context_message_id: data.message_id,
    });
    const inbound = await eventually('the tap', async () => {
      const { status, body } = await tenant.api.getMessage(reply.message_id);
      return status === 200 ? body.data : undefined;
    });
    expect(inbound).toMatchObject({ type: 'interactive', message: 'Yes', ref_message_id: data.message_id });
  });

  it('interactive with a list, and with a link', async () => {
    const sections = [{ title: 'Times', rows: [{ id: 'a', title: 'Noon', description: 'At twelve' }] }];
    const list = await sent('interactive', { type: 'list', body_text: 'When?', list_button_text: 'Open', sections });
    expect(list.data).toEqual({ ...SENT, type: 'list' });
    expect(list.payload).toEqual({
      type: 'interactive',
      interactive: { type: 'list', body: { text: 'When?' }, action: { button: 'Open', sections } },
    });
    const url = 'https://example.com/orders?n=77';
    const link = await sent('interactive', { type: 'cta_url', body_text: 'Look', display_text: 'Track', url });
    expect(link.data).toEqual({ ...SENT, type: 'cta_url' });
    expect(link.payload).toMatchObject({
      interactive: { action: { name: 'cta_url', parameters: { display_text: 'Track', url } } },
    });
  });

  it('location', async () => {
    const place = { latitude: 30.0444, longitude: 31.2357, name: 'Our @{contact_phone}', address: 'Tahrir' };
    const { data, payload } = await sent('location', { ...place, latitude: '30.0444' });
    expect(data).toEqual({ ...SENT, ...place });
    expect(payload).toEqual({ type: 'location', location: place });
    expect(await shown(data.chat_message_id)).toMatchObject({ type: 'location', message: place.name });
    const bare = await sent('location', { latitude: -90, longitude: 180 });
    expect(bare.data).toMatchObject({ latitude: -90, name: null, address: null });
    expect(bare.payload).toEqual({ type: 'location', location: { latitude: -90, longitude: 180 } });
  });

  it('contacts', async () => {
    const card = {
      name: { formatted_name: 'Mona Ali', first_name: 'Mona' },
      phones: [{ phone: '+20 100', type: 'HOME' }],
    };
    const { data, payload } = await sent('contacts', { contacts: [{ ...card, vcard: 'x' }, card] });
    expect(data).toEqual({ ...SENT, contacts: ['Mona Ali', 'Mona Ali'] });
    expect(payload).toEqual({ type: 'contacts', contacts: [card, card] });
  });

  describe('that refers to another', () => {
    let inbound: string;
    let foreign: TestTenant;

    beforeAll(async () => {
      inbound = await writeIn('Hello');
      foreign = await TestTenant.create();
    });
    afterAll(() => foreign.close());

    it('answers it, by wamid and by our id', async () => {
      const id = (await tenant.api.getMessage(inbound)).body.data?.id;
      for (const reply_to of [inbound, id, String(id)]) {
        const { data, payload } = await sent('text', { message: 'Hi', reply_to });
        expect(payload).toEqual({ type: 'text', text: { body: 'Hi' }, context: { message_id: inbound } });
        expect(await shown(data.chat_message_id)).toMatchObject({ ref_message_id: inbound });
      }
    });

    it('reacts to it, takes that back, and needs no recipient for it', async () => {
      for (const emoji of ['👍', '']) {
        const { status, body } = await tenant.api.send('reaction', { message_id: inbound, emoji });
        expect({ status, data: body.data }).toEqual({
          status: 200,
          data: { ...SENT, ref_message_id: inbound, emoji },
        });
        expect(await payloadOf(body.data?.message_id)).toEqual({
          type: 'reaction',
          reaction: { message_id: inbound, emoji },
        });
      }
    });

    it('is refused when that one is another chat’s, another tenant’s, nobody’s, or not with WhatsApp yet', async () => {
      const other = await tenant.insertContact({ phone: '201009990000' });
      const own = (await tenant.api.getMessage(inbound)).body.data?.id;
      const [held] = await tenant.rows<{ id: number }>(
        `INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, phone)
         SELECT tenant_id, number_id, chat_id, contact_id, 'outbound', 'text', 'cancelled', phone FROM messages
          WHERE id = $1 AND tenant_id = $2 RETURNING id::int`,
        [own, tenant.id],
      );
      const wrong = async (api: TestTenant['api'], kind: string, fields: Record<string, unknown>) => {
        const { status, body } = await api.send(kind, { phone: PHONE, message: 'x', emoji: '👍', ...fields });
        expect({ status, code: body.error?.code }).toEqual({ status: 422, code: 'VALIDATION_ERROR' });
        return Object.keys(body.error?.details ?? {});
      };
      const count = `SELECT count(*)::int AS count FROM messages WHERE tenant_id = ANY ($1)`;
      const before = await tenant.rows(count, [[tenant.id, foreign.id]]);
      for (const reference of [inbound, own, 'wamid.nobody', 999_999_999_999, held?.id]) {
        const chat = reference === inbound || reference === own ? { phone: undefined, contact_id: other } : {};
        expect(await wrong(tenant.api, 'text', { ...chat, reply_to: reference })).toEqual(['reply_to']);
        expect(await wrong(tenant.api, 'reaction', { ...chat, message_id: reference })).toEqual(['message_id']);
        expect(await wrong(foreign.api, 'text', { reply_to: reference })).toEqual(['reply_to']);
        expect(await wrong(foreign.api, 'reaction', { message_id: reference })).toEqual(['message_id']);
      }
      expect(await tenant.rows(count, [[tenant.id, foreign.id]])).toEqual(before);
    });

    it('is refused as a reaction to a reaction, to what is older than 30 days, or as one with reply_to', async () => {
      const { body } = await tenant.api.send('reaction', { message_id: inbound, emoji: '👍' });
      const errorOf = async (fields: Record<string, unknown>) =>
        (await tenant.api.send('reaction', { emoji: '👍', ...fields })).body.error?.details;
      expect(await errorOf({ message_id: body.data?.message_id })).toHaveProperty('message_id');
      expect(await errorOf({ message_id: inbound, reply_to: inbound })).toEqual({
        reply_to: [expect.stringContaining('message_id')],
      });
      const text = await tenant.api.send('text', { phone: PHONE, message: 'Old' });
      const age = async (days: number) =>
        tenant.rows(`UPDATE messages SET sent_at = now() - $3 * interval '1 day' WHERE id = $1 AND tenant_id = $2`, [
          text.body.data?.chat_message_id,
          tenant.id,
          days,
        ]);
      // Its statuses bring times of their own.
      await eventually('its last status', async () => {
        const rows = await tenant.rows(`SELECT 1 FROM messages WHERE id = $1 AND tenant_id = $2 AND status = 'read'`, [
          text.body.data?.chat_message_id,
          tenant.id,
        ]);
        return rows[0];
      });
      await age(29.9);
      expect(await errorOf({ message_id: text.body.data?.message_id })).toBeUndefined();
      await age(30.1);
      expect(await errorOf({ message_id: text.body.data?.message_id })).toHaveProperty('message_id');
    });
  });
});
