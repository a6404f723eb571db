import { accountChange, InboxFixture, type FixtureNumber } from './inbox-fixture.js';

describe('account-level changes', () => {
  let inbox: InboxFixture;
  let number: FixtureNumber;
  beforeAll(async () => {
    inbox = await InboxFixture.start();
  });
  beforeEach(async () => {
    number = await inbox.connectedTenant();
  });
  afterAll(() => inbox.stop());

  const numberRow = (one: FixtureNumber) => inbox.row('SELECT * FROM phone_numbers WHERE id = $1', [one.numberId]);
  const template = async (fields: { template_id?: string; name?: string; language?: string } = {}) => {
    const { id } = await inbox.row<{ id: number }>(
      `INSERT INTO templates (tenant_id, account_id, template_id, name, language, category, status, components)
       VALUES ($1, $2, $3, $4, $5, 'UTILITY', 'APPROVED', '[]') RETURNING id`,
      [
        number.tenantId,
        number.accountId,
        fields.template_id ?? '100',
        fields.name ?? 'order_update',
        fields.language ?? 'en_US',
      ],
    );
    return () => inbox.row('SELECT status, quality_score, category FROM templates WHERE id = $1', [id]);
  };

  it('pause every number of an account that is deleted, and no other', async () => {
    const sibling = await inbox.number(number.tenantId, { accountOf: number });
    const elsewhere = await inbox.number(number.tenantId);
    const [report] = await inbox.receive(accountChange(number, 'account_update', { event: 'ACCOUNT_DELETED' }));
    expect(report?.effects.paused.sort()).toEqual([number.phoneNumberId, sibling.phoneNumberId].sort());
    const paused = { paused_at: expect.any(Date) as Date, paused_reason: 'WhatsApp reported ACCOUNT_DELETED' };
    expect(await numberRow(number)).toMatchObject(paused);
    expect(await numberRow(sibling)).toMatchObject(paused);
    expect(await numberRow(elsewhere)).toMatchObject({ paused_at: null });
  });

  it('do not resume a number by themselves', async () => {
    const disabled = (state: string) => ({ event: 'DISABLED_UPDATE', ban_info: { waba_ban_state: state } });
    await inbox.receive(accountChange(number, 'account_update', disabled('DISABLE')));
    await inbox.receive(accountChange(number, 'account_update', disabled('REINSTATE')));
    expect((await numberRow(number)).paused_at).not.toBeNull();
  });

  it('raise the rate of a number whose throughput was upgraded, found by its display number', async () => {
    const sibling = await inbox.number(number.tenantId, { accountOf: number });
    const value = {
      display_phone_number: number.displayPhoneNumber.replace(/\D/g, ''),
      event: 'THROUGHPUT_UPGRADE',
      max_daily_conversations_per_business: 'TIER_UNLIMITED',
    };
    await inbox.receive(accountChange(number, 'phone_number_quality_update', value));
    expect(await numberRow(number)).toMatchObject({
      rate_per_second: 1000,
      throughput_level: 'HIGH',
      messaging_limit_tier: 'TIER_UNLIMITED',
    });
    expect(await numberRow(sibling)).toMatchObject({ rate_per_second: 80, throughput_level: null });
  });

  it('keep the rate when only the tier changes', async () => {
    const value = { display_phone_number: number.displayPhoneNumber, event: 'ONBOARDING', current_limit: 'TIER_2K' };
    await inbox.receive(accountChange(number, 'phone_number_quality_update', value));
    expect(await numberRow(number)).toMatchObject({ rate_per_second: 80, messaging_limit_tier: 'TIER_2K' });
  });

  it.each<[unknown, string]>([
    ['TIER_10K', 'TIER_10K'],
    [2000, 'TIER_2K'],
    [-1, 'TIER_UNLIMITED'],
  ])('set the tier %p of every number of the portfolio, and of no other', async (told, tier) => {
    const [sibling, elsewhere] = [await inbox.number(number.tenantId), await inbox.number(number.tenantId)];
    const stranger = await inbox.connectedTenant();
    const business = `b-${number.wabaId}`;
    await inbox.rows('UPDATE whatsapp_accounts SET business_id = $2 WHERE id = ANY ($1)', [
      [number.accountId, sibling.accountId, stranger.accountId],
      business,
    ]);
    const value = { max_daily_conversations_per_business: told, max_phone_numbers_per_business: 20 };
    const [report] = await inbox.receive(accountChange(number, 'business_capability_update', value));
    expect([...(report?.effects.counts ?? [])]).toEqual([expect.objectContaining({ outcome: 'applied' })]);
    for (const one of [number, sibling]) expect(await numberRow(one)).toMatchObject({ messaging_limit_tier: tier });
    for (const one of [elsewhere, stranger]) expect(await numberRow(one)).toMatchObject({ messaging_limit_tier: null });
  });

  it('change the status of a template by id, in all its ways of writing', async () => {
    const read = await template({ template_id: '1689556908129835' });
    const change = (event: string, id: unknown) =>
      inbox.receive(
        accountChange(number, 'message_template_status_update', { event, message_template_id: id, reason: null }),
      );
    await change('PAUSED', 1689556908129835);
    expect(await read()).toMatchObject({ status: 'PAUSED' });
    await change('REINSTATED', '1689556908129835');
    expect(await read()).toMatchObject({ status: 'APPROVED' });
    await change('FLAGGED', 1689556908129835);
    expect(await read()).toMatchObject({ status: 'APPROVED' });
  });

  it('change the status of a template by name and language, however the language is written', async () => {
    const read = await template({ name: 'cart', language: 'en_US' });
    const readOther = await template({ name: 'cart', language: 'ar', template_id: '101' });
    const value = { event: 'REJECTED', message_template_name: 'cart', message_template_language: 'en-US' };
    await inbox.receive(accountChange(number, 'message_template_status_update', value));
    expect(await read()).toMatchObject({ status: 'REJECTED' });
    expect(await readOther()).toMatchObject({ status: 'APPROVED' });
  });

  it('keep the quality of a template apart from its status', async () => {
    const read = await template({ template_id: '7' });
    const value = { message_template_id: 7, previous_quality_score: 'GREEN', new_quality_score: 'RED' };
    await inbox.receive(accountChange(number, 'message_template_status_update', value));
    expect(await read()).toMatchObject({ status: 'APPROVED', quality_score: 'RED' });
  });

  it('keep the quality of a template also when it comes in its own field, and its category', async () => {
    const read = await template({ template_id: '8' });
    const quality = { message_template_id: 8, previous_quality_score: 'GREEN', new_quality_score: 'YELLOW' };
    await inbox.receive(accountChange(number, 'message_template_quality_update', quality));
    const category = { message_template_id: 8, previous_category: 'UTILITY', new_category: 'MARKETING' };
    await inbox.receive(accountChange(number, 'template_category_update', category));
    expect(await read()).toEqual({ status: 'APPROVED', quality_score: 'YELLOW', category: 'MARKETING' });
  });

  it('store what an edited template says now', async () => {
    const row = await template({ template_id: '9' }).then(() =>
      inbox.row<{ id: number }>(`SELECT id FROM templates WHERE tenant_id = $1 AND template_id = '9'`, [
        number.tenantId,
      ]),
    );
    const value = { message_template_id: 9, message_template_element: 'Hi {{1}} \ud800' };
    await inbox.receive(accountChange(number, 'message_template_components_update', value));
    expect(await inbox.row('SELECT components, status FROM templates WHERE id = $1', [row.id])).toEqual({
      components: [{ type: 'BODY', text: 'Hi {{1}} \ufffd' }],
      status: 'APPROVED',
    });
  });

  it.each([
    [
      'an edited template we do not have',
      'message_template_components_update',
      { message_template_id: 5, message_template_element: 'Hi' },
    ],
    ['a field we do not follow', 'account_alerts', { entity_type: 'BUSINESS' }],
    ['a template we do not have', 'message_template_status_update', { event: 'PAUSED', message_template_id: 5 }],
    ['a number we do not have', 'phone_number_quality_update', { display_phone_number: '1', event: 'ONBOARDING' }],
    ['a value that is nothing', 'account_update', { event: 7 }],
    ['a tier that is none', 'business_capability_update', { max_daily_conversations_per_business: 'TIER_NOT_SET' }],
  ])('are counted and left when they are about %s', async (_, field, value) => {
    const id = await inbox.store(accountChange(number, field, value));
    const [report] = await inbox.process();
    expect([...(report?.effects.counts ?? [])]).toEqual([expect.objectContaining({ outcome: 'ignored', count: 1 })]);
    expect(await inbox.inboxRow(id)).toMatchObject({ item_errors: null, processed_at: expect.any(Date) as Date });
  });
});
