import {
  InboxFixture,
  messagesEntry,
  newWamid,
  statuses,
  textOf,
  timestamp,
  webhook,
  type FixtureNumber,
} from './inbox-fixture.js';

const START = Number(timestamp()) * 1000;
/** A whole second, `ago` seconds before the tests began. */
const at = (ago: number): Date => new Date(START - ago * 1000);
const status = (wamid: string, name: string, ago = 0, fields: object = {}) => ({
  id: wamid,
  status: name,
  timestamp: String(at(ago).getTime() / 1000),
  recipient_id: '16505551234',
  ...fields,
});
const failure = (code: number) => ({
  errors: [{ code, title: 'A title', message: 'A message', error_data: { details: 'Some details' } }],
});

describe('statuses', () => {
  let inbox: InboxFixture;
  let number: FixtureNumber;
  beforeAll(async () => {
    inbox = await InboxFixture.start();
  });
  beforeEach(async () => {
    number = await inbox.connectedTenant();
  });
  afterAll(() => inbox.stop());

  const message = (id: number) => inbox.row('SELECT * FROM messages WHERE id = $1', [id]);
  const parked = (to: FixtureNumber) =>
    inbox.rows('SELECT * FROM parked_statuses WHERE number_id = $1 ORDER BY occurred_at', [to.numberId]);
  const paused = async (...numbers: FixtureNumber[]) =>
    (
      await inbox.rows<{ paused_code: number }>(
        'SELECT paused_code FROM phone_numbers WHERE id = ANY ($1) AND paused_at IS NOT NULL ORDER BY id',
        [numbers.map((one) => one.numberId)],
      )
    ).map((row) => row.paused_code);

  it('advance a message with the times of WhatsApp', async () => {
    const sent = await inbox.outbound(number, { status: 'sending' });
    await inbox.receive(statuses(number, status(sent.wamid, 'sent', 30)));
    await inbox.receive(statuses(number, status(sent.wamid, 'delivered', 20), status(sent.wamid, 'read', 10)));
    expect(await message(sent.id)).toMatchObject({
      status: 'read',
      sent_at: at(30),
      delivered_at: at(20),
      read_at: at(10),
    });
  });

  it('give the same end in any order, and when repeated', async () => {
    const [one, other] = [await inbox.outbound(number), await inbox.outbound(number)];
    const list = (wamid: string) => [
      status(wamid, 'sent', 30),
      status(wamid, 'delivered', 20),
      status(wamid, 'read', 10),
    ];
    await inbox.receive(statuses(number, ...list(one.wamid), ...list(one.wamid)));
    for (const one of list(other.wamid).reverse()) await inbox.receive(statuses(number, one));
    for (const { id } of [one, other])
      expect(await message(id)).toMatchObject({ status: 'read', delivered_at: at(20) });
  });

  it('let delivered beat failed, and keep why a message failed', async () => {
    const [lost, found] = [await inbox.outbound(number), await inbox.outbound(number)];
    await inbox.receive(
      statuses(
        number,
        status(lost.wamid, 'failed', 5, failure(131049)),
        status(found.wamid, 'failed', 5, failure(131049)),
        status(found.wamid, 'delivered', 6),
      ),
    );
    expect(await message(lost.id)).toMatchObject({
      status: 'failed',
      failed_at: at(5),
      error_code: '131049',
      error_title: 'A title',
      error_details: 'Some details',
    });
    expect(await message(found.id)).toMatchObject({ status: 'delivered', error_code: null });
  });

  it('bind the wamid and settle an unknown outcome by our opaque data', async () => {
    const unknown = await inbox.outbound(number, { wamid: null, status: 'unknown', attempt_no: 2 });
    const wamid = newWamid();
    const opaque = { biz_opaque_callback_data: `m=${unknown.id};a=2` };
    const reports = await inbox.receive(statuses(number, status(wamid, 'sent', 3, opaque)));
    expect(await message(unknown.id)).toMatchObject({ status: 'sent', wamid, sent_at: at(3) });
    expect(reports[0]?.effects.advanced).toMatchObject([{ id: unknown.id, previousStatus: 'unknown', status: 'sent' }]);
  });

  it('never reach a message of another number by opaque data', async () => {
    const elsewhere = await inbox.connectedTenant();
    const unknown = await inbox.outbound(elsewhere, { wamid: null, status: 'unknown' });
    const opaque = { biz_opaque_callback_data: `m=${unknown.id};a=1` };
    const wamid = newWamid();
    await inbox.receive(statuses(number, status(wamid, 'read', 3, opaque)));
    expect(await message(unknown.id)).toMatchObject({ status: 'unknown', wamid: null });
    expect(await parked(number)).toMatchObject([{ wamid, status: 'read' }]);
  });

  it('are parked once while their wamid is not known', async () => {
    const wamid = newWamid();
    const list = [status(wamid, 'sent', 9), status(wamid, 'failed', 8, failure(131026))];
    await inbox.receive(statuses(number, ...list));
    await inbox.receive(statuses(number, ...list));
    expect(await parked(number)).toMatchObject([
      { status: 'sent', occurred_at: at(9), detail: {} },
      {
        status: 'failed',
        occurred_at: at(8),
        detail: { error: { code: '131026', title: 'A title', details: 'Some details' } },
      },
    ]);
  });

  it('come a thousand at once, of several tenants, with inbound messages between them', async () => {
    const numbers = [number, await inbox.connectedTenant(), await inbox.connectedTenant()];
    const ids: number[] = [];
    const entries = [];
    for (const one of numbers) {
      const list = await Promise.all(Array.from({ length: 333 }, () => inbox.outbound(one)));
      ids.push(...list.map(({ id }) => id));
      entries.push(
        messagesEntry(one, { statuses: list.map(({ wamid }) => status(wamid, 'delivered')) }),
        messagesEntry(one, { messages: [textOf({ phone: '4917012345' })] }),
      );
    }
    await inbox.receive(webhook(...entries));
    const states = await inbox.rows('SELECT status, count(*)::int AS n FROM messages WHERE id = ANY ($1) GROUP BY 1', [
      ids,
    ]);
    expect(states).toEqual([{ status: 'delivered', n: 999 }]);
    const received = await inbox.rows(
      "SELECT tenant_id FROM messages WHERE status = 'received' AND phone = '4917012345'",
    );
    expect(received.map((row) => row.tenant_id).sort()).toEqual(numbers.map((one) => one.tenantId).sort());
  });

  it('take the arrival for a time that is missing or lies ahead', async () => {
    const [first, second] = [await inbox.outbound(number), await inbox.outbound(number)];
    const before = Date.now();
    await inbox.receive(
      statuses(
        number,
        { ...status(first.wamid, 'delivered'), timestamp: undefined },
        status(second.wamid, 'delivered', -86_400),
      ),
    );
    for (const { id } of [first, second]) {
      const { delivered_at: deliveredAt } = await message(id);
      expect(deliveredAt).toBeInstanceOf(Date);
      expect(Math.abs((deliveredAt as Date).getTime() - before)).toBeLessThan(10_000);
    }
  });

  describe('of a failure', () => {
    it('pause the number when the number is at fault', async () => {
      const sibling = await inbox.number(number.tenantId, { accountOf: number });
      const sent = await inbox.outbound(number);
      const [report] = await inbox.receive(statuses(number, status(sent.wamid, 'failed', 0, failure(131037))));
      expect(await paused(number, sibling)).toEqual([131037]);
      expect(report?.effects.paused).toEqual([number.phoneNumberId]);
    });

    it('pause every number of the account when the account is at fault', async () => {
      const sibling = await inbox.number(number.tenantId, { accountOf: number });
      const elsewhere = await inbox.number(number.tenantId);
      const sent = await inbox.outbound(number, { wamid: null, status: 'unknown' });
      const opaque = { biz_opaque_callback_data: `m=${sent.id};a=1` };
      await inbox.receive(statuses(number, status(newWamid(), 'failed', 0, { ...opaque, ...failure(131042) })));
      expect(await paused(number, sibling, elsewhere)).toEqual([131042, 131042]);
    });

    it('do not pause again what the operator resumed, when they are repeated', async () => {
      const sent = await inbox.outbound(number);
      const body = statuses(number, status(sent.wamid, 'failed', 0, failure(131048)));
      await inbox.receive(body);
      await inbox.rows('UPDATE phone_numbers SET paused_at = NULL WHERE id = $1', [number.numberId]);
      await inbox.receive(body);
      expect(await paused(number)).toEqual([]);
    });

    it('pause nothing when the message alone is at fault', async () => {
      const sent = await inbox.outbound(number);
      await inbox.receive(statuses(number, status(sent.wamid, 'failed', 0, failure(131026))));
      expect(await paused(number)).toEqual([]);
    });
  });
});
