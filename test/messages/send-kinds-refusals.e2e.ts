import { TestTenant } from '../support/tenant.js';
import { refused } from './refusals.js';

const PHONE = '201001234567';

/** Bad input of each kind: one 422 with every fault, nothing stored. What each field takes stands in the specs of the DTOs. */
describe('POST /messages/… refuses', () => {
  let tenant: TestTenant;

  beforeAll(async () => {
    tenant = await TestTenant.create();
  });
  afterAll(() => tenant.close());

  async function faults(kind: string, fields: unknown): Promise<string[]> {
    const answer = await refused(tenant, () => tenant.api.send(kind, fields));
    expect({ status: answer.status, code: answer.body.error?.code }).toEqual({ status: 422, code: 'VALIDATION_ERROR' });
    return Object.keys(answer.body.error?.details ?? {}).sort();
  }

  it.each<[string, Record<string, unknown>, string[]]>([
    ['text', {}, ['message', 'phone']],
    [
      'text',
      { phone: 'x', message: '', from: 'a', reply_to: [], contact_id: 'b' },
      ['contact_id', 'from', 'message', 'phone', 'reply_to'],
    ],
    ['text', { phone: PHONE, message: `${'x'.repeat(4097)}` }, ['message']],
    ['interactive', {}, ['body_text', 'phone', 'type']],
    ['interactive', { phone: PHONE, body_text: 'x', type: 'button' }, ['buttons']],
    ['interactive', { phone: PHONE, body_text: 'x', type: 'list' }, ['list_button_text', 'sections']],
    ['interactive', { phone: PHONE, body_text: 'x', type: 'cta_url' }, ['display_text', 'url']],
    [
      'interactive',
      {
        phone: PHONE,
        type: 'list',
        body_text: 'x'.repeat(1025),
        footer_text: '👍'.repeat(61),
        list_button_text: 'م'.repeat(21),
        sections: [
          { title: 'A', rows: [] },
          { title: '', rows: Array.from({ length: 11 }, (_, id) => ({ id: String(id % 10), title: 'R' })) },
        ],
      },
      [
        'body_text',
        'footer_text',
        'list_button_text',
        'sections',
        'sections.0.rows',
        'sections.1.rows',
        'sections.1.rows.10.id',
        'sections.1.title',
      ],
    ],
    [
      'interactive',
      {
        phone: PHONE,
        type: 'button',
        body_text: 'x',
        buttons: ['a', 'b', 'b', 'c'].map((id, place) => ({ id, title: String(place) })),
      },
      ['buttons', 'buttons.2.id'],
    ],
    [
      'interactive',
      {
        phone: PHONE,
        type: 'list',
        body_text: 'x',
        list_button_text: 'Open',
        sections: [0, 5].map((from) => ({
          title: 'S',
          rows: Array.from({ length: from === 0 ? 5 : 6 }, (_, place) => ({ id: String(from + place), title: 'R' })),
        })),
      },
      ['sections'],
    ],
    ['location', { phone: PHONE, latitude: 91 }, ['latitude', 'longitude']],
    [
      'contacts',
      { phone: PHONE, contacts: [{}, { name: { formatted_name: '' } }] },
      ['contacts.0.name', 'contacts.1.name.formatted_name'],
    ],
    ['reaction', { phone: PHONE }, ['emoji', 'message_id']],
  ])('%s of %j', async (kind, fields, expected) => {
    expect(await faults(kind, fields)).toEqual(expected);
  });

  it.each(['text', 'interactive', 'location', 'contacts', 'reaction'])('%s: a body that is no object', async (kind) => {
    expect(await faults(kind, [])).toEqual(['body']);
    expect(await faults(kind, '{')).toEqual(['body']);
  });

  it('a text that merging makes too long, or blank', async () => {
    const contact_id = await tenant.insertContact({ phone: PHONE, firstname: 'م'.repeat(200), lastname: '' });
    const message = (length: number) => `${'x'.repeat(length)}@{contact_first_name}`;
    expect(await faults('text', { contact_id, message: message(3897) })).toEqual(['message']);
    expect(await faults('text', { contact_id, message: ' @{contact_last_name} ' })).toEqual(['message']);
    const buttons = [{ id: 'a', title: 'A' }];
    expect(await faults('interactive', { contact_id, type: 'button', body_text: message(825), buttons })).toEqual([
      'body_text',
    ]);
    const longest = await tenant.api.send('text', { contact_id, message: message(3896) }, { prefer: 'respond-async' });
    expect([...String(longest.body.data?.message)].length).toBe(4096);
  });

  it('an unknown contact: 404', async () => {
    for (const contact_id of [2_147_483_647, 99_999_999_999]) {
      const answer = await refused(tenant, () => tenant.api.send('text', { contact_id, message: 'x' }));
      expect(answer).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND' } } });
    }
  });

  it("another tenant's contact, number and message", async () => {
    const stranger = await TestTenant.create();
    const contact_id = await stranger.insertContact({ phone: PHONE });
    const theirs = await stranger.api.send('text', { contact_id, message: 'x' }, { prefer: 'respond-async' });
    const reply_to = Number(theirs.body.data?.chat_message_id);
    expect(reply_to).toBeGreaterThan(0);
    const answer = await refused(tenant, () => tenant.api.send('text', { contact_id, message: 'x' }));
    expect(answer).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND' } } });
    expect(await faults('text', { phone: PHONE, message: 'x', from: stranger.phoneNumberId })).toEqual(['from']);
    expect(await faults('text', { phone: PHONE, message: 'x', reply_to })).toEqual(['reply_to']);
    expect(await faults('reaction', { message_id: reply_to, emoji: '👍' })).toEqual(['message_id']);
    await stranger.close();
  });

  it('a contact that opted out, in every kind: 403', async () => {
    const contact_id = await tenant.insertContact({ phone: '201112223335', is_opted_out: true });
    for (const [kind, fields] of [
      ['text', { message: 'x' }],
      ['interactive', { type: 'button', body_text: 'x', buttons: [{ id: 'a', title: 'A' }] }],
      ['location', { latitude: 1, longitude: 1 }],
      ['contacts', { contacts: [{ name: { formatted_name: 'A' } }] }],
    ] as const) {
      const answer = await refused(tenant, () => tenant.api.send(kind, { contact_id, ...fields }));
      expect(answer).toMatchObject({ status: 403, body: { error: { code: 'CONTACT_OPTED_OUT' } } });
    }
  });

  it('a token that may only read', async () => {
    const reader = await TestTenant.create({ scopes: ['messages:read'] });
    for (const kind of ['text', 'interactive', 'location', 'contacts', 'reaction']) {
      const { status, body } = await reader.api.send(kind, {});
      expect({ status, details: body.error?.details }).toEqual({
        status: 403,
        details: { required: ['messages:send'] },
      });
    }
    await reader.close();
  });
});
