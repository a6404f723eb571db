import {
  accountChange,
  inbound,
  InboxFixture,
  messagesEntry,
  newPhone,
  statuses,
  textOf,
  webhook,
  type FixtureNumber,
} from './inbox-fixture.js';

/** Whatever a well-signed body says, it counts only for accounts and numbers that are the signing app's own. */
describe('a webhook about what the signing app does not own', () => {
  let inbox: InboxFixture;
  let platformNumber: FixtureNumber;
  let ownApp: number;
  let ownNumber: FixtureNumber;
  beforeAll(async () => {
    inbox = await InboxFixture.start();
  });
  beforeEach(async () => {
    platformNumber = await inbox.connectedTenant();
    const tenantId = await inbox.tenant();
    ownApp = await inbox.app(tenantId);
    ownNumber = await inbox.number(tenantId, { appId: ownApp });
  });
  afterAll(() => inbox.stop());

  const messagesOf = (number: FixtureNumber) =>
    inbox.rows('SELECT id FROM messages WHERE number_id = $1', [number.numberId]);
  const foreign = async (body: object, appId: number | null) => {
    const id = await inbox.store(body, appId);
    const [report] = await inbox.process();
    // It is no fault: the row is done, and the item counted.
    expect(await inbox.inboxRow(id)).toMatchObject({ item_errors: null, processed_at: expect.any(Date) as Date });
    return [...(report?.effects.counts ?? [])];
  };

  it('counts for a tenant app and its own number', async () => {
    await inbox.receive(inbound(ownNumber, { phone: newPhone() }), ownApp);
    expect(await messagesOf(ownNumber)).toHaveLength(1);
  });

  it("stores no message: a tenant's app for a number of the platform's app", async () => {
    const counts = await foreign(inbound(platformNumber, { phone: newPhone() }), ownApp);
    expect(counts).toEqual([{ kind: 'message', outcome: 'foreign', count: 1 }]);
    expect(await messagesOf(platformNumber)).toEqual([]);
  });

  it("stores no message: the platform's app for a number of a tenant's app", async () => {
    await foreign(inbound(ownNumber, { phone: newPhone() }), null);
    expect(await messagesOf(ownNumber)).toEqual([]);
  });

  it("stores no message: one tenant's app for the number of another tenant's app", async () => {
    const otherTenant = await inbox.tenant();
    await foreign(inbound(ownNumber, { phone: newPhone() }), await inbox.app(otherTenant));
    expect(await messagesOf(ownNumber)).toEqual([]);
  });

  it("stores no message: the app's own account with a foreign number", async () => {
    const mixed = { ...platformNumber, wabaId: ownNumber.wabaId };
    await foreign(inbound(mixed, { phone: newPhone() }), ownApp);
    expect(await messagesOf(platformNumber)).toEqual([]);
  });

  it('moves no message, by wamid or by opaque data', async () => {
    const sent = await inbox.outbound(platformNumber, { status: 'sent' });
    const list = [
      { id: sent.wamid, status: 'read', timestamp: '1' },
      { id: 'wamid.forged', status: 'failed', timestamp: '1', biz_opaque_callback_data: `m=${sent.id};a=1` },
    ];
    const counts = await foreign(statuses(platformNumber, ...list), ownApp);
    expect(counts).toEqual([{ kind: 'status', outcome: 'foreign', count: 2 }]);
    expect(await inbox.row('SELECT status FROM messages WHERE id = $1', [sent.id])).toEqual({ status: 'sent' });
    expect(await inbox.rows('SELECT * FROM parked_statuses')).toEqual([]);
  });

  it('pauses no number', async () => {
    await foreign(accountChange(platformNumber, 'account_update', { event: 'ACCOUNT_DELETED' }), ownApp);
    const row = await inbox.row('SELECT paused_at FROM phone_numbers WHERE id = $1', [platformNumber.numberId]);
    expect(row).toEqual({ paused_at: null });
  });

  it('leaves the other entries of the body alone', async () => {
    const people = [newPhone(), newPhone(), newPhone()];
    const unknown = { ...platformNumber, wabaId: '999', phoneNumberId: '999' };
    const entries = [unknown, ownNumber, platformNumber].map((number, index) =>
      messagesEntry(number, { messages: [textOf({ phone: people[index] })] }),
    );
    await inbox.receive(webhook(...entries), null);
    expect(await messagesOf(platformNumber)).toHaveLength(1);
    expect(await messagesOf(ownNumber)).toEqual([]);
  });
});
