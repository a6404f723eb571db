import pg from 'pg';
import { MAX_TRIES } from '../../src/whatsapp/webhook/processing/batch-run.js';
import { inbound, InboxFixture, messagesEntry, newPhone, statuses, textOf, webhook } from './inbox-fixture.js';

/** What cannot be read or stored is recorded, and costs nothing else. */
describe('bad items', () => {
  let inbox: InboxFixture;
  beforeAll(async () => {
    inbox = await InboxFixture.start();
    // Stands for whatever the database refuses about one item only.
    await inbox.rows(
      "ALTER TABLE messages ADD CONSTRAINT no_poison CHECK (body <> 'poison' AND error_title <> 'poison')",
    );
  });
  afterAll(() => inbox.stop());

  const stored = async (numberId: number) =>
    (await inbox.rows<{ body: string }>('SELECT body FROM messages WHERE number_id = $1 ORDER BY id', [numberId])).map(
      (row) => row.body,
    );
  const says = (phone: string, body: string) => textOf({ phone }, { text: { body } });

  it.each([
    ['no JSON', '{"entry":', 'not JSON (SyntaxError)'],
    ['nothing', '', 'not JSON (SyntaxError)'],
    ['no object', '[1]', 'no entries'],
  ])('records a signed body with %s, once', async (_, body, reason) => {
    const id = await inbox.store(Buffer.from(body));
    await inbox.process();
    expect(await inbox.inboxRow(id)).toEqual({
      processed_at: expect.any(Date) as Date,
      attempts: 1,
      item_errors: { count: 1, first: [{ at: '', kind: 'body', reason }] },
    });
  });

  it('records an item that cannot be read, and applies the others', async () => {
    const number = await inbox.connectedTenant();
    const phone = newPhone();
    const id = await inbox.store(inbound(number, { phone }, says(phone, 'one'), { type: 'text' }, says(phone, 'two')));
    await inbox.process();
    expect(await stored(number.numberId)).toEqual(['one', 'two']);
    expect((await inbox.inboxRow(id)).item_errors).toEqual({
      count: 1,
      first: [{ at: 'entry.0.changes.0.messages.1', kind: 'message', reason: 'no message id' }],
    });
  });

  it('records items that the database refuses, and applies all others of the batch, of any tenant and kind', async () => {
    const [number, other] = [await inbox.connectedTenant(), await inbox.connectedTenant()];
    const [sent, refused] = [await inbox.outbound(number), await inbox.outbound(number)];
    const phones = Array.from({ length: 50 }, newPhone);
    const list = phones.map((phone, index) => says(phone, index === 7 || index === 31 ? 'poison' : `fine ${index}`));
    const poisoned = await inbox.store(
      webhook(
        messagesEntry(number, { messages: list }),
        messagesEntry(number, {
          statuses: [
            { id: sent.wamid, status: 'delivered', timestamp: '1' },
            { id: refused.wamid, status: 'failed', timestamp: '1', errors: [{ code: 1, title: 'poison' }] },
          ],
        }),
      ),
    );
    const clean = await inbox.store(inbound(other, { phone: newPhone() }));
    await inbox.process();

    expect(await inbox.inboxRow(poisoned)).toEqual({
      processed_at: expect.any(Date) as Date,
      attempts: 1,
      item_errors: {
        count: 3,
        first: [
          { at: 'entry.0.changes.0.messages.7', kind: 'message', reason: 'database 23514 no_poison' },
          { at: 'entry.0.changes.0.messages.31', kind: 'message', reason: 'database 23514 no_poison' },
          { at: 'entry.1.changes.0.statuses.1', kind: 'status', reason: 'database 23514 no_poison' },
        ],
      },
    });
    expect(await inbox.inboxRow(clean)).toMatchObject({ item_errors: null, attempts: 1 });
    expect((await stored(number.numberId)).filter((body) => body?.startsWith('fine'))).toHaveLength(48);
    expect(await stored(other.numberId)).toEqual(['hello']);
    const states = await inbox.rows('SELECT status FROM messages WHERE id = ANY ($1) ORDER BY id', [
      [sent.id, refused.id],
    ]);
    expect(states).toEqual([{ status: 'delivered' }, { status: 'sent' }]);
    // The contact of a refused message is not left behind.
    const { n } = await inbox.row<{ n: number }>(
      `SELECT t.contact_count - (SELECT count(*)::int FROM contacts WHERE tenant_id = t.id AND phone = ANY ($2)) AS n
         FROM tenants t WHERE t.id = $1`,
      [number.tenantId, phones],
    );
    expect(n).toBe(0);
  });

  it('survives a message nested deeper than Postgres takes', async () => {
    const number = await inbox.connectedTenant();
    const phone = newPhone();
    for (const depth of [1000, 3000, 6000, 12_000]) {
      const body = JSON.stringify(
        inbound(number, { phone }, { ...says(phone, 'deep'), x: 'DEEP' }, says(phone, 'next')),
      );
      const id = await inbox.store(Buffer.from(body.replace('"DEEP"', '['.repeat(depth) + ']'.repeat(depth))));
      await inbox.process();
      expect((await inbox.inboxRow(id)).processed_at).not.toBeNull();
    }
    expect((await stored(number.numberId)).filter((body) => body === 'next')).toHaveLength(4);
  });

  it("lets what is tried again later stand in nobody's way", async () => {
    const number = await inbox.connectedTenant();
    const sent = await inbox.outbound(number);
    // More rows than one batch takes, tried often and not yet due again.
    const status = { id: sent.wamid, status: 'delivered', timestamp: '1' };
    for (let n = 0; n < 40; n += 1) await inbox.store(statuses(number, status));
    await inbox.rows("UPDATE webhook_inbox SET retry_at = now() + interval '1 hour' WHERE processed_at IS NULL");
    const id = await inbox.store(inbound(number, { phone: newPhone() }));
    await inbox.process();
    expect((await inbox.inboxRow(id)).processed_at).not.toBeNull();
    const waiting = await inbox.row('SELECT count(*)::int AS n FROM webhook_inbox WHERE processed_at IS NULL');
    expect(waiting).toEqual({ n: 40 });
    await inbox.rows(`UPDATE webhook_inbox SET retry_at = now() - interval '1 second' WHERE processed_at IS NULL`);
    await inbox.processAll();
    expect(await inbox.row('SELECT status FROM messages WHERE id = $1', [sent.id])).toEqual({ status: 'delivered' });
  });

  it('tries again what failed for no fault of its own, and gives it up at the last try', async () => {
    await inbox.rows(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                      $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$`);
    await inbox.rows(`CREATE TRIGGER no_room BEFORE INSERT ON messages FOR EACH ROW WHEN (NEW.body = 'no room')
                      EXECUTE FUNCTION refuse()`);
    const number = await inbox.connectedTenant();
    const phone = newPhone();
    const id = await inbox.store(inbound(number, { phone }, says(phone, 'no room'), says(phone, 'fits')));
    const tryAs = (attempts: number) =>
      inbox.rows(`UPDATE webhook_inbox SET attempts = $2, retry_at = now() - interval '1 second' WHERE id = $1`, [
        id,
        attempts,
      ]);
    await tryAs(MAX_TRIES - 2);
    await inbox.process();
    expect(await inbox.inboxRow(id)).toEqual({ processed_at: null, attempts: MAX_TRIES - 1, item_errors: null });
    await tryAs(MAX_TRIES - 1);
    await inbox.process();
    expect(await inbox.inboxRow(id)).toEqual({
      processed_at: expect.any(Date) as Date,
      attempts: MAX_TRIES,
      item_errors: {
        count: 1,
        first: [{ at: 'entry.0.changes.0.messages.0', kind: 'message', reason: 'database 53100' }],
      },
    });
    expect(await stored(number.numberId)).toEqual(['fits']);
  });

  it('does everything or nothing when the connection dies in the middle', async () => {
    const number = await inbox.connectedTenant();
    const phone = newPhone();
    await inbox.receive(inbound(number, { phone }));
    const { id: chatId } = await inbox.row<{ id: number }>('SELECT id FROM chats WHERE number_id = $1', [
      number.numberId,
    ]);
    const id = await inbox.store(inbound(number, { phone }, says(phone, 'after the crash')));
    // The last write of a batch waits for this lock, with everything before it done but not committed.
    await inbox.whileLocked('chats', chatId, async () => {
      const killer = new pg.Client({ connectionString: inbox.url });
      await killer.connect();
      // Inside the database, for the batch waits only for a moment.
      const killed = killer.query(
        `DO $$ BEGIN LOOP
           PERFORM pg_stat_clear_snapshot();
           PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock';
           EXIT WHEN FOUND;
           PERFORM pg_sleep(0.005);
         END LOOP; END $$`,
      );
      await inbox.batch();
      await killed;
      await killer.end();
      expect(await stored(number.numberId)).toEqual(['hello']);
      expect((await inbox.inboxRow(id)).processed_at).toBeNull();
    });
    await inbox.processAll();
    expect(await stored(number.numberId)).toEqual(['hello', 'after the crash']);
    const { unread_count: unread } = await inbox.row('SELECT unread_count FROM chats WHERE id = $1', [chatId]);
    expect(unread).toBe(2);
    expect((await inbox.inboxRow(id)).processed_at).not.toBeNull();
  });
});
