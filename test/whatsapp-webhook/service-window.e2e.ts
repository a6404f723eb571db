import {
  inbound,
  InboxFixture,
  messagesEntry,
  newPhone,
  newWamid,
  statuses,
  textOf,
  timestamp,
  webhook,
  type FixtureNumber,
} from './inbox-fixture.js';

const DAY_MS = 24 * 3600 * 1000;

/** What opens and closes the 24-hour window, beside customers' messages: their calls, and WhatsApp's refusals. */
describe('service window', () => {
  let inbox: InboxFixture;
  beforeAll(async () => {
    inbox = await InboxFixture.start();
  });
  afterAll(() => inbox.stop());

  const chat = (number: FixtureNumber) =>
    inbox.row<{
      id: number;
      last_inbound_at: Date | null;
      service_window_expires_at: Date | null;
      unread_count: number;
    }>('SELECT * FROM chats WHERE number_id = $1', [number.numberId]);
  const isOpen = async (number: FixtureNumber): Promise<boolean> => {
    const { open } = await inbox.row<{ open: boolean | null }>(
      'SELECT service_window_expires_at > now() AS open FROM chats WHERE number_id = $1',
      [number.numberId],
    );
    return open === true;
  };
  const write = (number: FixtureNumber, phone: string, ago: number) =>
    inbox.receive(inbound(number, { phone }, textOf({ phone }, { timestamp: timestamp(ago) })));

  describe('calls', () => {
    const call = (number: FixtureNumber, fields: object) =>
      webhook(
        messagesEntry(
          number,
          {
            calls: [
              { id: newWamid(), event: 'connect', direction: 'USER_INITIATED', timestamp: timestamp(), ...fields },
            ],
          },
          'calls',
        ),
      );

    it('open it by their own time, however late they are heard of, and never move it back', async () => {
      const number = await inbox.connectedTenant();
      const phone = newPhone();
      const told = timestamp(3600);
      await inbox.receive(call(number, { from: phone, timestamp: told }));
      const calledAt = new Date(Number(told) * 1000);
      const after = {
        last_inbound_at: calledAt,
        service_window_expires_at: new Date(calledAt.getTime() + DAY_MS),
        unread_count: 0,
      };
      expect(await chat(number)).toMatchObject(after);
      await inbox.receive(call(number, { from: phone, timestamp: timestamp(7200) }));
      expect(await chat(number)).toMatchObject(after);
    });

    it('from somebody who shows no phone make a contact, and are readable as messages of type call', async () => {
      const number = await inbox.connectedTenant();
      const body = call(number, { from_user_id: 'US.31' });
      await inbox.receive(body);
      await inbox.receive(body);
      const messages = await inbox.rows(
        'SELECT type, direction, recipient_user_id FROM messages WHERE number_id = $1',
        [number.numberId],
      );
      expect(messages).toEqual([{ type: 'call', direction: 'inbound', recipient_user_id: 'US.31' }]);
      expect(await isOpen(number)).toBe(true);
    });

    it.each([
      ['a call that ends', { event: 'terminate' }],
      ['a call of the business', { direction: 'BUSINESS_INITIATED' }],
    ])('are not %s', async (_what, fields) => {
      const number = await inbox.connectedTenant();
      await inbox.receive(call(number, { from: newPhone(), ...fields }));
      expect(await inbox.rows('SELECT 1 FROM chats WHERE number_id = $1', [number.numberId])).toEqual([]);
    });

    it('of a day ago leave it closed, those of a minute less than a day ago open', async () => {
      const number = await inbox.connectedTenant();
      const phone = newPhone();
      await inbox.receive(call(number, { from: phone, timestamp: timestamp(24 * 3600) }));
      expect(await isOpen(number)).toBe(false);
      await inbox.receive(call(number, { from: phone, timestamp: timestamp(24 * 3600 - 60) }));
      expect(await isOpen(number)).toBe(true);
    });
  });

  describe('131047', () => {
    const refused = (number: FixtureNumber, wamid: string, ago: number, code = 131047) =>
      inbox.receive(
        statuses(number, {
          id: wamid,
          status: 'failed',
          timestamp: timestamp(ago),
          errors: [{ code, title: 'Re-engagement message' }],
        }),
      );

    it('closes it, although the customer has written a moment before', async () => {
      const number = await inbox.connectedTenant();
      const sent = await inbox.outbound(number);
      await write(number, sent.phone, 60);
      expect(await isOpen(number)).toBe(true);
      await refused(number, sent.wamid, 30);
      expect(await isOpen(number)).toBe(false);
    });

    it('is not undone by what was said before it and arrives after it, but by what is said after it', async () => {
      const number = await inbox.connectedTenant();
      const sent = await inbox.outbound(number);
      await write(number, sent.phone, 600);
      await refused(number, sent.wamid, 100);
      await write(number, sent.phone, 200);
      expect(await isOpen(number)).toBe(false);
      const told = timestamp(50);
      await inbox.receive(inbound(number, { phone: sent.phone }, textOf({ phone: sent.phone }, { timestamp: told })));
      expect((await chat(number)).service_window_expires_at).toEqual(new Date(Number(told) * 1000 + DAY_MS));
    });

    it('that comes late or again leaves a window open that was opened since', async () => {
      const number = await inbox.connectedTenant();
      const sent = await inbox.outbound(number);
      await write(number, sent.phone, 50);
      await refused(number, sent.wamid, 100);
      expect(await isOpen(number)).toBe(true);
      await refused(number, sent.wamid, 100);
      expect(await isOpen(number)).toBe(true);
    });

    it('in one batch with a later message leaves the window open', async () => {
      const number = await inbox.connectedTenant();
      const sent = await inbox.outbound(number);
      const { phone } = sent;
      await inbox.store(inbound(number, { phone }, textOf({ phone }, { timestamp: timestamp(10) })));
      await refused(number, sent.wamid, 20);
      expect(await isOpen(number)).toBe(true);
    });

    it('closes no other window: not of other codes, nor of a number that the status does not name', async () => {
      const [number, other] = [await inbox.connectedTenant(), await inbox.connectedTenant()];
      const sent = await inbox.outbound(number);
      await write(number, sent.phone, 60);
      await refused(number, sent.wamid, 30, 131026);
      await refused(other, sent.wamid, 30);
      expect(await isOpen(number)).toBe(true);
    });
  });
});
