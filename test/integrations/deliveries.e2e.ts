import { createHmac } from 'node:crypto';
import { jest } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { eventually } from '../support/eventually.js';
import { type Answer, type Listener, SECRET, signed, STANDARD_SECRET, StoreLab } from './store-lab.js';
import { shopifyOrder, wooOrder, wooOrderOf } from './store-payloads.js';

jest.setTimeout(60_000);

const hmac = (body: string | Uint8Array, secret = SECRET): string =>
  createHmac('sha256', secret).update(body).digest('base64');
const told = ({ status, body }: Answer): string => [status, ...(body.error ? [body.error.code] : [])].join(' ');
const GENERIC = {
  kind: 'generic',
  secret: STANDARD_SECRET,
  mapping: { phone: '$.phone', field_1: '$.name', field_2: '1', field_3: '2' },
  default_country: null,
};

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe("a store's delivery", () => {
  let lab: StoreLab;
  let listener: Listener;
  beforeAll(async () => {
    lab = await StoreLab.create();
    listener = await lab.listener();
  });
  afterAll(() => lab.close());

  it('of a paid order ends as a template message on the phone of the customer', async () => {
    const { local, digits } = lab.phone();
    const payload = await lab.outcome(listener, wooOrderOf(local));
    expect(payload).toMatchObject({ status: 'sent', reason: null, topic: 'order.updated', repeats: 0 });
    const message = await eventually('WhatsApp taking the message', async () => {
      const { body } = await lab.tenant.api.getMessage(Number(payload.message_id));
      return body.data?.message_id ? body.data : undefined;
    });
    expect(message).toMatchObject({ phone: digits, direction: 'outbound' });
    const [request] = await lab.tenant.control.requests(lab.tenant.phoneNumberId, {
      wamid: String(message.message_id),
    });
    expect(JSON.parse(request?.body ?? '')).toMatchObject({
      to: `+${digits}`,
      template: {
        name: 'order_paid',
        components: [{ type: 'body', parameters: [{ text: 'John' }, { text: '727' }, { text: '29.35 USD' }] }],
      },
    });
    const contacts = await lab.tenant.rows(
      'SELECT firstname, lastname, type FROM contacts WHERE tenant_id = $1 AND phone = $2',
      [lab.tenant.id, digits],
    );
    expect(contacts).toEqual([{ firstname: 'John', lastname: 'Doe', type: 'lead' }]);
  });

  it('is stored as it came, and shown', async () => {
    const text = `  {"a" : "Grüße \\u00e9 ${'\u{1f44d}'}",\r\n\t"n": 1.0 }  `;
    const { status, reason } = await lab.outcome(listener, text);
    expect([status, reason?.details]).toEqual(['failed', { phone: ['The mapping finds no phone in the payload.'] }]);
    const [shown] = await lab.payloads(listener);
    expect(shown?.payload).toEqual({ a: `Grüße é ${'\u{1f44d}'}`, n: 1 });
    expect((await lab.get(`/${listener.id}/payloads/${shown?.id}`)).body.data).toEqual(shown);
    const [row] = await lab.tenant.rows<{ body: Buffer }>('SELECT body FROM store_payloads WHERE id = $1', [shown?.id]);
    expect(row?.body.toString()).toBe(text);
  });

  describe('is refused with 401, and nothing of it stored,', () => {
    const BODY = JSON.stringify(wooOrder());
    const count = async () =>
      (await lab.tenant.rows('SELECT 1 FROM store_payloads WHERE tenant_id = $1', [lab.tenant.id])).length;
    const refused = async (of: Listener, body: string, headers: Record<string, string>) => {
      const before = await count();
      const answer = await lab.call(of.key, body, headers);
      expect([told(answer), await count()]).toEqual(['401 UNAUTHORIZED', before]);
    };

    it.each<[string, Record<string, string>]>([
      ['without a signature', {}],
      ['with an empty one', { 'x-wc-webhook-signature': '' }],
      ['with one of another secret', { 'x-wc-webhook-signature': hmac(BODY, 'another') }],
      ['with one of another body', { 'x-wc-webhook-signature': hmac(`${BODY} `) }],
      [
        'with one of the same JSON written otherwise',
        { 'x-wc-webhook-signature': hmac(JSON.stringify(wooOrder(), null, 1)) },
      ],
      ['in hexadecimal', { 'x-wc-webhook-signature': Buffer.from(hmac(BODY), 'base64').toString('hex') }],
      ['cut short', { 'x-wc-webhook-signature': hmac(BODY).slice(0, -2) }],
      ['in the header of another store', { 'x-shopify-hmac-sha256': hmac(BODY) }],
    ])('%s', async (_, headers) => {
      await refused(listener, BODY, headers);
    });

    it('when a Standard Webhooks signature is wrong, missing, too old or too new', async () => {
      const generic = await lab.listener(GENERIC);
      const body = '{"phone":"201001234567","name":"Mona"}';
      const at = (seconds: number): Record<string, string> => {
        const date = new Date(Date.now() + seconds * 1000);
        return {
          'webhook-id': 'msg_1',
          'webhook-timestamp': String(Math.floor(date.getTime() / 1000)),
          'webhook-signature': new Webhook(STANDARD_SECRET).sign('msg_1', date, body),
        };
      };
      await refused(generic, body, {});
      await refused(generic, `${body} `, at(0));
      await refused(generic, body, { ...at(0), 'webhook-id': 'msg_2' });
      await refused(generic, body, { ...at(0), 'webhook-signature': 'v1' });
      await refused(generic, body, at(-360));
      await refused(generic, body, at(360));
      expect(told(await lab.call(generic.key, body, at(-240)))).toBe('200');
    });
  });

  it('of Shopify, and of a program without a secret, leads to a message, too', async () => {
    const shopify = await lab.listener({
      kind: 'shopify',
      mapping: {
        phone: '$.shipping_address.phone',
        field_1: '$.customer.first_name',
        field_2: '$.name',
        field_3: '$.total_price',
      },
      default_country: 'US',
    });
    expect(await lab.outcome(shopify, shopifyOrder())).toMatchObject({ status: 'sent', topic: 'orders/create' });
    const open = await lab.listener({ ...GENERIC, secret: undefined });
    const { digits } = lab.phone();
    expect(told(await lab.call(open.key, JSON.stringify({ phone: digits, name: 'Mona' })))).toBe('200');
    expect(await lab.settled(open)).toMatchObject({ status: 'sent', delivery_id: null });
    const bodies = (await lab.messages()).map(({ body }) => body);
    expect(bodies).toEqual(
      expect.arrayContaining([
        'Hello John, your order #9999 of 388.00 is paid.',
        'Hello Mona, your order 1 of 2 is paid.',
      ]),
    );
  });

  it('that comes fifty times at once leads to one message', async () => {
    const { local, digits } = lab.phone();
    const of = await lab.listener();
    const body = JSON.stringify(wooOrderOf(local));
    const headers = signed('woocommerce', body);
    const answers = await Promise.all(Array.from({ length: 50 }, () => lab.call(of.key, body, headers)));
    expect(new Set(answers.map(told))).toEqual(new Set(['200']));
    expect(await lab.settled(of)).toMatchObject({ status: 'sent' });
    expect(told(await lab.call(of.key, body, headers))).toBe('200');
    expect(await lab.payloads(of)).toMatchObject([{ status: 'sent', repeats: 50 }]);
    expect((await lab.messages()).filter(({ phone }) => phone === digits)).toHaveLength(1);
  });

  it('is a repeat by its id, else by its body, for seven days', async () => {
    const of = await lab.listener();
    const body = JSON.stringify({ n: 1 });
    const { 'x-wc-webhook-delivery-id': id = '', ...withoutId } = signed('woocommerce', body);
    const counts = async () => (await lab.payloads(of)).map(({ repeats }) => repeats);
    const deliver = (text: string, headers: Record<string, string>) =>
      lab.call(of.key, text, { ...headers, 'x-wc-webhook-signature': hmac(text) });
    await deliver(body, { ...withoutId, 'x-wc-webhook-delivery-id': id });
    await deliver('{"n":2}', { ...withoutId, 'x-wc-webhook-delivery-id': id });
    expect(await counts()).toEqual([1]);
    await deliver(body, { ...withoutId, 'x-wc-webhook-delivery-id': `${id}x` });
    await deliver(body, withoutId);
    await deliver(body, withoutId);
    await deliver(`${body} `, withoutId);
    expect(await counts()).toEqual([0, 1, 0, 1]);
    const age = (interval: string) =>
      lab.tenant.rows(`UPDATE store_payloads SET received_at = now() - interval '${interval}' WHERE listener_id = $1`, [
        of.id,
      ]);
    await age('6 days 23 hours');
    await deliver(`${body} `, withoutId);
    expect(await counts()).toEqual([1, 1, 0, 1]);
    await age('7 days 1 second');
    await deliver(`${body} `, withoutId);
    expect(await counts()).toEqual([0, 1, 1, 0, 1]);
  });

  it('may have 1 MB, not 5, and not one byte more', async () => {
    const of = await lab.listener();
    const sized = (bytes: number) => JSON.stringify({ filler: 'x'.repeat(bytes - 13) });
    expect(Buffer.byteLength(sized(1024 * 1024))).toBe(1024 * 1024);
    expect(told(await lab.deliver(of, sized(1024 * 1024)))).toBe('200');
    expect(told(await lab.deliver(of, sized(1024 * 1024 + 1)))).toBe('413 PAYLOAD_TOO_LARGE');
    expect(told(await lab.deliver(of, sized(5 * 1024 * 1024)))).toBe('413 PAYLOAD_TOO_LARGE');
    const shown = await lab.settled(of);
    expect(shown).toMatchObject({ size_bytes: 1024 * 1024, payload: null });
    expect((await lab.get(`/${of.id}/payloads/${shown.id}`)).body.data?.payload).toHaveProperty('filler');
  });

  it.each(['', '{', '{"a":1', 'phone=1', '"text"', '1', 'null', `${'['.repeat(101)}${']'.repeat(101)}`])(
    'that is signed and reads %j is a 422',
    async (body) => {
      expect(told(await lab.deliver(listener, body))).toBe('422 VALIDATION_ERROR');
    },
  );

  it("of WooCommerce's ping is answered with 200, unsigned, and not kept", async () => {
    const of = await lab.listener();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await lab.call(of.key, 'webhook_id=17', form)).toMatchObject({ status: 200, body: { success: true } });
    expect(told(await lab.call(of.key, 'webhook_id=17&a=1', form))).toBe('401 UNAUTHORIZED');
    expect(await lab.payloads(of)).toEqual([]);
  });

  it('to an address that nobody has is a 404 that tells nothing', async () => {
    const keys = [
      'A'.repeat(24),
      String(listener.id),
      'presets',
      `${listener.key}x`,
      listener.key.toLowerCase().padEnd(24, '_'),
    ];
    for (const key of keys) {
      const answer = await lab.deliver({ ...listener, key }, wooOrder());
      expect([told(answer), answer.body.error?.message]).toEqual(['404 NOT_FOUND', 'Not found']);
    }
  });

  it('to a disabled listener is taken and passed over', async () => {
    const of = await lab.listener({ enabled: false });
    expect(await lab.outcome(of, wooOrderOf(lab.phone().local))).toMatchObject({
      status: 'skipped',
      reason: { code: 'LISTENER_DISABLED' },
      message_id: null,
    });
  });

  it('leaves its body when a hundred newer ones have come', async () => {
    const of = await lab.listener({ conditions: [{ path: '$.never', op: 'exists' }] });
    await lab.tenant.rows(
      `INSERT INTO store_payloads (tenant_id, listener_id, request_id, body, size_bytes, status, next_at, settled_at)
       SELECT $1, $2, gen_random_uuid(), '\\x7b7d', 2, 'skipped', NULL, now() FROM generate_series(1, 100)`,
      [lab.tenant.id, of.id],
    );
    expect(await lab.outcome(of, { a: 1 })).toMatchObject({ status: 'skipped' });
    const bodies = await eventually('the oldest body being let go', async () => {
      const rows = await lab.tenant.rows<{ there: boolean }>(
        'SELECT body IS NOT NULL AS there FROM store_payloads WHERE listener_id = $1 ORDER BY id',
        [of.id],
      );
      return rows.filter(({ there }) => there).length === 100 ? rows : undefined;
    });
    expect([bodies.length, bodies[0]?.there]).toEqual([101, false]);
    expect(await lab.payloads(of)).toHaveLength(100);
  });
});
