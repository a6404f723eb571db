import { jest } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { StoreLab } from './store-lab.js';
import { wooOrder, wooOrderOf } from './store-payloads.js';

jest.setTimeout(60_000);

/** What becomes of payloads, and that a dry run says the same before. Real processes: API, worker, sandbox, Postgres, Redis. */
describe('what becomes of a payload', () => {
  let lab: StoreLab;
  beforeAll(async () => {
    lab = await StoreLab.create();
  });
  afterAll(() => lab.close());

  /** Tries a payload, then delivers it: both must say the same. */
  async function becomes(fields: Record<string, unknown>, payload: Record<string, unknown>) {
    const listener = await lab.listener(fields);
    const before = (await lab.messages()).length;
    const tried = await lab.dryRun(listener, payload);
    expect((await lab.messages()).length).toBe(before);
    await lab.outcome(listener, payload);
    // Which fields of a contact were left out is noted when its message is there.
    const {
      status,
      reason,
      message_id: messageId,
    } = await eventually('the outcome with its reason', async () => {
      const settled = await lab.settled(listener);
      return tried.reason && !settled.reason ? undefined : settled;
    });
    expect({ status: tried.status, reason: tried.reason, would_send: tried.would_send }).toEqual({
      status,
      reason,
      would_send: messageId !== null,
    });
    const sent = (await lab.messages()).find(({ id }) => id === messageId);
    expect(tried.text).toBe(sent?.body ?? null);
    if (sent) expect(tried.phone).toBe(sent.phone);
    return { status, reason, sent, tried };
  }

  it('is a message, the same as the dry run shows, sent by no token', async () => {
    const { local, digits } = lab.phone();
    const { sent, tried } = await becomes({}, wooOrderOf(local));
    expect(sent).toMatchObject({
      phone: digits,
      body: 'Hello John, your order 727 of 29.35 USD is paid.',
      token_id: null,
    });
    expect(tried.fields).toEqual(expect.arrayContaining([{ field: 'phone', value: local }]));
  });

  it('is nothing when a condition does not hold', async () => {
    const conditions = [
      { path: '$.total', op: 'gt', value: 20 },
      { path: '$.status', op: 'in', value: ['completed'] },
    ];
    const { local } = lab.phone();
    expect(await becomes({ conditions }, wooOrderOf(local))).toMatchObject({
      status: 'skipped',
      reason: { code: 'CONDITION_NOT_MET', details: { condition: conditions[1] } },
    });
    expect(await becomes({ conditions }, wooOrderOf(local, { status: 'completed' }))).toMatchObject({ status: 'sent' });
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>, Record<string, unknown>]>([
    [
      'the mapping finds no phone',
      { mapping: { phone: '$.customer.phone' } },
      wooOrder(),
      { phone: ['The mapping finds no phone in the payload.'] },
    ],
    [
      'what it finds is no phone',
      {},
      wooOrderOf('none'),
      {
        phone: [
          'The phone that the mapping finds is no phone number of EG: it may only hold digits, +, -, spaces and parentheses.',
        ],
      },
    ],
    [
      'a local number has no country',
      { default_country: null },
      wooOrderOf('01001234567'),
      {
        phone: [
          'The phone that the mapping finds is no phone number: it must be a possible phone number with its country code.',
        ],
      },
    ],
    [
      "the mapping leaves out or misses the template's values",
      { mapping: { phone: '$.billing.phone', field_1: '$.nowhere', field_2: '$.line_items[9].name' } },
      wooOrderOf('01001234567'),
      {
        field_1: ['The text of the template needs field_1 for {{1}}.'],
        field_2: ['The text of the template needs field_2 for {{2}}.'],
        field_3: ['The text of the template needs field_3 for {{3}}.'],
      },
    ],
    [
      'there is no such template',
      { template_name: 'gone' },
      wooOrderOf('01001234567'),
      { template_name: ['There is no template with this name. Sync templates after you made it in WhatsApp Manager.'] },
    ],
    [
      'it does not exist in the language',
      { language: 'ar' },
      wooOrderOf('01001234567'),
      { language: ['The template does not exist in this language, but in en_US.'] },
    ],
  ])('is a failure when %s', async (_, fields, payload, details) => {
    expect(await becomes(fields, payload)).toMatchObject({
      status: 'failed',
      reason: { code: 'VALIDATION_ERROR', details },
    });
  });

  it('is a failure when the template is not approved any more', async () => {
    await lab.lab.add({
      name: 'paused_soon',
      category: 'UTILITY',
      components: [{ type: 'BODY', text: 'Thank you for your order.' }],
    });
    await lab.tenant.rows(`UPDATE templates SET status = 'PAUSED' WHERE tenant_id = $1 AND name = 'paused_soon'`, [
      lab.tenant.id,
    ]);
    expect(await becomes({ template_name: 'paused_soon' }, wooOrderOf(lab.phone().local))).toMatchObject({
      status: 'failed',
      reason: { details: { template_name: ['The template is PAUSED; only APPROVED templates can be sent.'] } },
    });
  });

  it('is a failure when the contact has opted out', async () => {
    const { local, digits } = lab.phone();
    await lab.tenant.insertContact({ phone: digits, is_opted_out: true });
    expect(await becomes({}, wooOrderOf(local))).toMatchObject({
      status: 'failed',
      reason: { code: 'CONTACT_OPTED_OUT' },
    });
  });

  it('is a message, without the country that there is not and the e-mail that another contact has', async () => {
    await lab.tenant.insertContact({ phone: lab.phone().digits, email: 'john.doe@example.com' });
    const { local } = lab.phone();
    const mapping = {
      phone: '$.billing.phone',
      field_1: 'a',
      field_2: 'b',
      field_3: 'c',
      'contact.email': '$.billing.email',
      'contact.country': 'Nowhere',
    };
    expect(await becomes({ mapping }, wooOrderOf(local))).toMatchObject({
      status: 'sent',
      reason: {
        code: 'CONTACT_FIELDS_LEFT_OUT',
        details: {
          'contact.country': [expect.any(String)],
          'contact.email': ['Another contact has this e-mail already.'],
        },
      },
    });
  });

  it('takes template and language from the payload where the mapping says so', async () => {
    const mapping = { phone: '$.billing.phone', template_name: '$.template', field_1: 'a', field_2: 'b', field_3: 'c' };
    const payload = wooOrderOf(lab.phone().local, { template: 'order_paid' });
    expect(await becomes({ mapping, template_name: 'gone' }, payload)).toMatchObject({ status: 'sent' });
  });

  it('is one message for all payloads of one order, also of those that come together', async () => {
    const { local, digits } = lab.phone();
    const listener = await lab.listener({ once_per: '$.id' });
    const versions = Array.from({ length: 8 }, (_, version) =>
      wooOrderOf(local, { date_modified: `2026-01-01T00:00:0${version}` }),
    );
    await Promise.all(versions.map((payload) => lab.deliver(listener, payload)));
    const payloads = await lab.allSettled(listener, 8);
    expect(payloads.map(({ status, reason }) => reason?.code ?? status).sort()).toEqual([
      ...Array.from({ length: 7 }, () => 'ALREADY_SENT'),
      'sent',
    ]);
    expect(await lab.dryRun(listener, wooOrderOf(local))).toMatchObject({
      status: 'skipped',
      reason: { code: 'ALREADY_SENT' },
    });
    expect(await lab.outcome(listener, wooOrderOf(local, { id: 728 }))).toMatchObject({ status: 'sent' });
    expect((await lab.messages()).filter(({ phone }) => phone === digits)).toHaveLength(2);
  });

  it('is shown to its contact, and forgotten with it', async () => {
    const { local } = lab.phone();
    const listener = await lab.listener();
    const sent = await lab.outcome(listener, wooOrderOf(local));
    const failing = await lab.listener({ template_name: 'gone' });
    await lab.outcome(failing, wooOrderOf(local));
    const { body } = await lab.tenant.api.getMessage(Number(sent.message_id));
    const known = await lab.tenant.api.request('GET', `/api/v2/contacts/${String(body.data?.contact_id)}/export`);
    expect(known.body.data?.store_payloads).toMatchObject([
      { listener_id: listener.id, status: 'sent', payload: { billing: { phone: local } } },
      { listener_id: failing.id, status: 'failed', payload: { billing: { phone: local } } },
    ]);
    expect((await lab.tenant.api.request('DELETE', `/api/v2/contacts/${String(body.data?.contact_id)}`)).status).toBe(
      200,
    );
    expect(await lab.payloads(listener)).toMatchObject([
      { status: 'sent', payload: null, message_id: sent.message_id },
    ]);
    expect(await lab.payloads(failing)).toMatchObject([
      {
        status: 'failed',
        payload: null,
        reason: { code: 'VALIDATION_ERROR', message: 'The contact was deleted.' },
      },
    ]);
    const left = await lab.tenant.rows(
      `SELECT 1 FROM store_payloads
        WHERE listener_id = ANY ($1::int[]) AND (body IS NOT NULL OR phone IS NOT NULL OR contact_id IS NOT NULL)`,
      [[listener.id, failing.id]],
    );
    expect(left).toEqual([]);
  });
});
