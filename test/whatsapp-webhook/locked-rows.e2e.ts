import { MAX_TRIES } from '../../src/whatsapp/webhook/processing/batch-run.js';
import {
  accountChange,
  inbound,
  InboxFixture,
  messagesEntry,
  newPhone,
  statuses,
  webhook,
  type FixtureNumber,
} from './inbox-fixture.js';

/** A row that another transaction holds costs its own items a wait, and nothing else anything. */
describe('webhooks whose rows are locked', () => {
  let inbox: InboxFixture;
  beforeAll(async () => {
    inbox = await InboxFixture.start();
  });
  afterAll(() => inbox.stop());

  const delivered = (...messages: { wamid: string }[]) =>
    messages.map(({ wamid }) => ({ id: wamid, status: 'delivered', timestamp: '1' }));
  const statusOf = async (id: number) =>
    (await inbox.row<{ status: string }>('SELECT status FROM messages WHERE id = $1', [id])).status;
  const waitingAccounts = async (id: number) =>
    (
      await inbox.row<{ waiting: string[] | null }>(
        'SELECT waiting_accounts AS waiting FROM webhook_inbox WHERE id = $1',
        [id],
      )
    ).waiting;
  const setDue = (id: number) =>
    inbox.rows(`UPDATE webhook_inbox SET retry_at = now() - interval '1 second' WHERE id = $1`, [id]);
  const waitOf = async (id: number) =>
    (
      await inbox.row<{ s: number }>(
        'SELECT extract(epoch FROM retry_at - clock_timestamp())::float8 AS s FROM webhook_inbox WHERE id = $1',
        [id],
      )
    ).s;

  it('are tried again after growing pauses, while the other items of the body are applied, once', async () => {
    const number = await inbox.connectedTenant();
    const [locked, free] = [await inbox.outbound(number), await inbox.outbound(number)];
    const id = await inbox.store(statuses(number, ...delivered(locked, free)));
    await inbox.whileLocked('messages', locked.id, async () => {
      const first = await inbox.process();
      expect(first.at(0)?.rows).toMatchObject([{ deferred: 'database 55P03', handedOver: true }]);
      expect(first.at(-1)?.rows).toMatchObject([{ deferred: 'database 55P03', handedOver: false, faultCount: 0 }]);
      expect(await statusOf(free.id)).toBe('delivered');
      expect(await inbox.inboxRow(id)).toEqual({ processed_at: null, attempts: 1, item_errors: null });
      const wait = await waitOf(id);
      expect(wait).toBeLessThanOrEqual(0.5);
      await setDue(id);
      await inbox.process();
      expect(await waitOf(id)).toBeGreaterThan(0.5);
    });
    expect(await statusOf(locked.id)).toBe('sent');
    await setDue(id);
    const [last] = await inbox.process();
    // The other item is not applied again.
    expect([...(last?.effects.counts ?? [])]).toEqual([{ kind: 'status', outcome: 'applied', count: 1 }]);
    expect(await statusOf(locked.id)).toBe('delivered');
    expect(await inbox.inboxRow(id)).toMatchObject({ processed_at: expect.any(Date) as Date, attempts: 3 });
  });

  it('hold up no other account of the same body, of which nothing is done twice', async () => {
    const [blocked, other] = [await inbox.connectedTenant(), await inbox.connectedTenant()];
    const locked = await inbox.outbound(blocked);
    const paused = accountChange(other, 'account_update', { event: 'ACCOUNT_OFFBOARDED' });
    const id = await inbox.store(webhook(messagesEntry(blocked, { statuses: delivered(locked) }), ...paused.entry));
    const isPaused = async ({ numberId }: FixtureNumber) =>
      (
        await inbox.row<{ paused: boolean }>(
          'SELECT paused_at IS NOT NULL AS paused FROM phone_numbers WHERE id = $1',
          [numberId],
        )
      ).paused;
    await inbox.whileLocked('messages', locked.id, async () => {
      await inbox.process();
      expect(await isPaused(other)).toBe(true);
      // Whose silence proves nothing meanwhile: of this account only.
      expect(await waitingAccounts(id)).toEqual([blocked.wabaId]);
    });
    // The operator resumed it meanwhile.
    await inbox.rows('UPDATE phone_numbers SET paused_at = NULL WHERE id = $1', [other.numberId]);
    await setDue(id);
    await inbox.process();
    expect(await statusOf(locked.id)).toBe('delivered');
    expect(await isPaused(other)).toBe(false);
    expect(await waitingAccounts(id)).toBeNull();
  });

  it('cost no other account of the same body its turn, nor are they taken for those of the other one', async () => {
    const [blocked, other] = [await inbox.connectedTenant(), await inbox.connectedTenant()];
    const [locked, free, next] = [
      await inbox.outbound(blocked),
      await inbox.outbound(other),
      await inbox.outbound(other),
    ];
    const id = await inbox.store(
      webhook(
        messagesEntry(other, { statuses: delivered(free) }),
        messagesEntry(blocked, { statuses: delivered(locked) }),
      ),
    );
    await inbox.whileLocked('messages', locked.id, async () => {
      // The batch that met the lock, and no later look at what was deferred.
      const [report] = await inbox.batch();
      expect(report?.takenApart).toBe('database 55P03');
      expect(await statusOf(free.id)).toBe('delivered');
      expect(await waitingAccounts(id)).toEqual([blocked.wabaId]);
      await inbox.store(statuses(other, ...delivered(next)));
      const [later] = await inbox.batch();
      expect(later?.rows).toMatchObject([{ deferred: null, handedOver: false }]);
      expect(await statusOf(next.id)).toBe('delivered');
    });
    await setDue(id);
    await inbox.process();
  });

  it('are waited for in a transaction of their own, which holds no row of another account', async () => {
    const [blocked, other] = [await inbox.connectedTenant(), await inbox.connectedTenant()];
    const [locked, free] = [await inbox.outbound(blocked), await inbox.outbound(other)];
    const ofOther = await inbox.store(statuses(other, ...delivered(free)));
    const ofBlocked = await inbox.store(statuses(blocked, ...delivered(locked)));
    const writerOf = async (id: number) =>
      (await inbox.row<{ writer: string }>('SELECT xmin::text AS writer FROM webhook_inbox WHERE id = $1', [id]))
        .writer;
    await inbox.whileLocked('messages', locked.id, async () => {
      const reports = await inbox.batch();
      expect(reports.map(({ rows }) => rows.map(({ row, deferred }) => [row.id, deferred]))).toEqual([
        [[ofOther, null]],
        [[ofBlocked, 'database 55P03']],
      ]);
      expect(await writerOf(ofOther)).not.toBe(await writerOf(ofBlocked));
    });
    await setDue(ofBlocked);
    await inbox.process();
  });

  it('go apart from then on: later ones of the account are not tried together with the others', async () => {
    const [blocked, other] = [await inbox.connectedTenant(), await inbox.connectedTenant()];
    const [locked, free] = [await inbox.outbound(blocked), await inbox.outbound(other)];
    await inbox.whileLocked('messages', locked.id, async () => {
      await inbox.store(statuses(blocked, ...delivered(locked)));
      await inbox.process();
      const later = await inbox.store(statuses(blocked, ...delivered(locked)));
      const id = await inbox.store(statuses(other, ...delivered(free)));
      const [report] = await inbox.batch();
      expect(report?.takenApart).toBeNull();
      expect(report?.rows.map(({ row, handedOver }) => ({ id: row.id, handedOver }))).toEqual([
        { id: later, handedOver: true },
        { id, handedOver: false },
      ]);
      expect(await statusOf(free.id)).toBe('delivered');
      expect(await waitingAccounts(later)).toEqual([blocked.wabaId]);
    });
    await inbox.rows(`UPDATE webhook_inbox SET retry_at = now() - interval '1 second' WHERE retry_at IS NOT NULL`);
    await inbox.process();
    expect(await statusOf(locked.id)).toBe('delivered');
  });

  it('are never given up, however long the lock stands', async () => {
    const number = await inbox.connectedTenant();
    const phone = newPhone();
    await inbox.receive(inbound(number, { phone }));
    const chat = await inbox.row<{ id: number }>('SELECT id FROM chats WHERE number_id = $1', [number.numberId]);
    const id = await inbox.store(inbound(number, { phone }));
    await inbox.rows(
      "UPDATE webhook_inbox SET attempts = $2, received_at = received_at - interval '1 hour' WHERE id = $1",
      [id, MAX_TRIES + 10],
    );
    await inbox.whileLocked('chats', chat.id, async () => {
      await inbox.process();
    });
    expect(await inbox.inboxRow(id)).toEqual({ processed_at: null, attempts: MAX_TRIES + 11, item_errors: null });
    // A minute at most, however old it is.
    const wait = await waitOf(id);
    expect(wait).toBeGreaterThan(50);
    expect(wait).toBeLessThanOrEqual(60);
    await setDue(id);
    await inbox.process();
    const { unread } = await inbox.row<{ unread: number }>('SELECT unread_count AS unread FROM chats WHERE id = $1', [
      chat.id,
    ]);
    expect(unread).toBe(2);
  });
});
