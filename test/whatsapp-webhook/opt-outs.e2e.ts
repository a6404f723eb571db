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

/** Words by which customers opt out and in, and what they tell WhatsApp about marketing. */
describe('opt-outs by webhook', () => {
  let inbox: InboxFixture;
  beforeAll(async () => {
    inbox = await InboxFixture.start();
  });
  afterAll(() => inbox.stop());

  const contact = (number: FixtureNumber) =>
    inbox.row<{ is_opted_out: boolean; opted_out_at: Date | null; marketing_stopped: boolean }>(
      'SELECT * FROM contacts WHERE tenant_id = $1',
      [number.tenantId],
    );
  const says = (phone: string, body: string, ago = 10) =>
    textOf({ phone }, { text: { body }, timestamp: timestamp(ago) });

  it('opts out by a word and in again, by the time at which it was said', async () => {
    const number = await inbox.connectedTenant();
    const phone = newPhone();
    const stop = says(phone, ' stop ');
    await inbox.receive(inbound(number, { phone }, stop));
    const at = new Date(Number(stop.timestamp) * 1000);
    expect(await contact(number)).toMatchObject({ is_opted_out: true, opted_out_at: at });
    await inbox.receive(inbound(number, { phone }, says(phone, 'START', 5)));
    expect(await contact(number)).toMatchObject({ is_opted_out: false, opted_out_at: null });
  });

  it.each(['STOP', '  unSubscribe\n', '\tإيقاف ', 'ايقاف', '\u00a0الغاء\n', 'إلغاء'])(
    'opts out by the default word %j',
    async (word) => {
      const number = await inbox.connectedTenant();
      const phone = newPhone();
      await inbox.receive(inbound(number, { phone }, says(phone, `${word} now`)));
      expect(await contact(number)).toMatchObject({ is_opted_out: false });
      await inbox.receive(inbound(number, { phone }, says(phone, word)));
      expect(await contact(number)).toMatchObject({ is_opted_out: true });
    },
  );

  it('takes the word of a tapped button', async () => {
    const number = await inbox.connectedTenant();
    const phone = newPhone();
    const tap = textOf({ phone }, { type: 'button', text: undefined, button: { payload: 'x', text: 'إيقاف' } });
    await inbox.receive(inbound(number, { phone }, tap));
    expect(await contact(number)).toMatchObject({ is_opted_out: true });
  });

  it('lets what was said last count, also within one batch and when webhooks come late or again', async () => {
    const number = await inbox.connectedTenant();
    const phone = newPhone();
    const [stop, start] = [says(phone, 'STOP', 100), says(phone, 'START', 50)];
    await inbox.receive(inbound(number, { phone }, start, stop));
    expect(await contact(number)).toMatchObject({ is_opted_out: false });
    await inbox.receive(inbound(number, { phone }, says(phone, 'STOP', 70)));
    expect(await contact(number)).toMatchObject({ is_opted_out: false });
    await inbox.receive(inbound(number, { phone }, says(phone, 'STOP', 40)));
    await inbox.receive(inbound(number, { phone }, start));
    expect(await contact(number)).toMatchObject({ is_opted_out: true });
  });

  it('counts after what was stored earlier in its second, for times of customers have whole seconds', async () => {
    const number = await inbox.connectedTenant();
    const phone = newPhone();
    const stop = says(phone, 'STOP');
    await inbox.receive(inbound(number, { phone }, says(phone, 'Hello', 20)));
    const optedInAt = (milliseconds: number) =>
      inbox.rows('UPDATE contacts SET opt_changed_at = $2 WHERE tenant_id = $1', [
        number.tenantId,
        new Date(Number(stop.timestamp) * 1000 + milliseconds),
      ]);
    await optedInAt(1000);
    await inbox.receive(inbound(number, { phone }, stop));
    expect(await contact(number)).toMatchObject({ is_opted_out: false });
    await optedInAt(999);
    await inbox.receive(inbound(number, { phone }, textOf({ phone }, { ...stop, id: newWamid() })));
    expect(await contact(number)).toMatchObject({ is_opted_out: true });
  });

  it("uses the tenant's own words where it has some, and nobody else's", async () => {
    const [number, other] = [await inbox.connectedTenant(), await inbox.connectedTenant()];
    await inbox.rows('UPDATE tenants SET opt_out_words = $2 WHERE id = $1', [number.tenantId, { de: ['Stopp'] }]);
    const phone = newPhone();
    await inbox.receive(inbound(number, { phone }, says(phone, 'STOP')));
    expect(await contact(number)).toMatchObject({ is_opted_out: false });
    await inbox.receive(inbound(number, { phone }, says(phone, 'stopp')));
    await inbox.receive(inbound(other, { phone }, says(phone, 'stopp')));
    expect(await contact(number)).toMatchObject({ is_opted_out: true });
    expect(await contact(other)).toMatchObject({ is_opted_out: false });
  });

  it('fails what waits for the contact, and tells who waits for it', async () => {
    const number = await inbox.connectedTenant();
    const waiting = await inbox.outbound(number, { status: 'queued', wamid: null });
    await inbox.rows("UPDATE messages SET waiter = 'channel key' WHERE id = $1", [waiting.id]);
    const sent = await inbox.rows<{ id: number }>(
      `INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status)
       SELECT tenant_id, number_id, chat_id, contact_id, 'outbound', 'text', 'sent' FROM messages WHERE id = $1
       RETURNING id`,
      [waiting.id],
    );
    const reports = await inbox.receive(inbound(number, { phone: waiting.phone }, says(waiting.phone, 'STOP')));
    expect(reports.flatMap(({ effects }) => effects.advanced)).toMatchObject([
      { id: waiting.id, status: 'failed', waiter: 'channel key', error: { code: 'CONTACT_OPTED_OUT' } },
    ]);
    const statuses = await inbox.rows<{ id: number; status: string }>(
      "SELECT id, status FROM messages WHERE tenant_id = $1 AND direction = 'outbound' ORDER BY id",
      [number.tenantId],
    );
    expect(statuses).toEqual([
      { id: waiting.id, status: 'failed' },
      { id: sent[0]?.id, status: 'sent' },
    ]);
  });

  describe('user_preferences', () => {
    const preference = (
      number: FixtureNumber,
      person: object,
      value: string,
      ago: number,
      category = 'marketing_messages',
    ) =>
      webhook(
        messagesEntry(
          number,
          { user_preferences: [{ ...person, category, value, timestamp: timestamp(ago) }] },
          'user_preferences',
        ),
      );
    const marketing = async (number: FixtureNumber, message: { id: number }, category: string) =>
      inbox.rows("UPDATE messages SET type = 'template', content = $2 WHERE id = $1 AND tenant_id = $3", [
        message.id,
        { category },
        number.tenantId,
      ]);

    it('stop marketing templates only, and resume them, by their own time', async () => {
      const number = await inbox.connectedTenant();
      const promotion = await inbox.outbound(number, { status: 'queued', wamid: null });
      await marketing(number, promotion, 'MARKETING');
      await inbox.receive(preference(number, { wa_id: promotion.phone }, 'stop', 100));
      expect(await contact(number)).toMatchObject({ marketing_stopped: true, is_opted_out: false });
      expect(await inbox.row('SELECT status, error_code FROM messages WHERE id = $1', [promotion.id])).toEqual({
        status: 'failed',
        error_code: 'CONTACT_OPTED_OUT',
      });
      await inbox.receive(preference(number, { wa_id: promotion.phone }, 'resume', 50));
      await inbox.receive(preference(number, { wa_id: promotion.phone }, 'stop', 70));
      expect(await contact(number)).toMatchObject({ marketing_stopped: false });
    });

    it('leave what is no marketing', async () => {
      const number = await inbox.connectedTenant();
      const reminder = await inbox.outbound(number, { status: 'queued', wamid: null });
      await marketing(number, reminder, 'UTILITY');
      await inbox.receive(preference(number, { wa_id: reminder.phone }, 'stop', 10));
      expect(await inbox.row('SELECT status FROM messages WHERE id = $1', [reminder.id])).toEqual({ status: 'queued' });
    });

    it('know a contact by the user id, make none, and are nothing in another category', async () => {
      const number = await inbox.connectedTenant();
      await inbox.receive(inbound(number, { userId: 'US.1' }));
      await inbox.receive(preference(number, { user_id: 'US.2' }, 'stop', 10));
      await inbox.receive(preference(number, { user_id: 'US.1' }, 'stop', 10, 'something_else'));
      expect(await contact(number)).toMatchObject({ marketing_stopped: false });
      await inbox.receive(preference(number, { user_id: 'US.1' }, 'stop', 10));
      expect(await contact(number)).toMatchObject({ marketing_stopped: true });
    });
  });

  describe('131050', () => {
    const refused = (number: FixtureNumber, wamid: string, ago: number, code = 131050) =>
      inbox.receive(
        statuses(number, {
          id: wamid,
          status: 'failed',
          timestamp: timestamp(ago),
          errors: [{ code, title: 'Stopped' }],
        }),
      );
    const waitingFor = async (id: number, category: string) => {
      const [row] = await inbox.rows<{ id: number }>(
        `INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, content)
         SELECT tenant_id, number_id, chat_id, contact_id, 'outbound', 'template', 'queued', $2 FROM messages WHERE id = $1
         RETURNING id`,
        [id, { category }],
      );
      return row?.id ?? 0;
    };
    const stateOf = (id: number) => inbox.row('SELECT status, error_code FROM messages WHERE id = $1', [id]);

    it('stops marketing for the contact, and what waits of it, as the customer would', async () => {
      const number = await inbox.connectedTenant();
      const sent = await inbox.outbound(number);
      const promotion = await waitingFor(sent.id, 'MARKETING');
      const reminder = await waitingFor(sent.id, 'UTILITY');
      const reports = await refused(number, sent.wamid, 10);
      expect(await contact(number)).toMatchObject({ marketing_stopped: true, is_opted_out: false });
      expect(await stateOf(sent.id)).toEqual({ status: 'failed', error_code: '131050' });
      expect(await stateOf(promotion)).toEqual({ status: 'failed', error_code: 'CONTACT_OPTED_OUT' });
      expect(await stateOf(reminder)).toMatchObject({ status: 'queued' });
      const told = reports.flatMap(({ effects }) => effects.advanced.map(({ id }) => id));
      expect(told.sort((a, b) => a - b)).toEqual([sent.id, promotion]);
    });

    it('does not count against what the customer said later', async () => {
      const number = await inbox.connectedTenant();
      const sent = await inbox.outbound(number);
      const resumed = { wa_id: sent.phone, category: 'marketing_messages', value: 'resume', timestamp: timestamp(50) };
      await inbox.receive(webhook(messagesEntry(number, { user_preferences: [resumed] }, 'user_preferences')));
      await refused(number, sent.wamid, 100);
      expect(await contact(number)).toMatchObject({ marketing_stopped: false });
    });

    it('is the only refusal that does', async () => {
      const number = await inbox.connectedTenant();
      const sent = await inbox.outbound(number);
      await refused(number, sent.wamid, 10, 131049);
      expect(await contact(number)).toMatchObject({ marketing_stopped: false });
    });
  });
});
