import { randomUUID } from 'node:crypto';
import { acceptGroup } from '../../src/messages/outbound/accept-group.js';
import { accepted, endOf, laneOf, someoneWaits } from './lane-lab.js';
import { Outbox, type Sender } from './outbox.js';

let outbox: Outbox;
let sender: Sender;
beforeAll(async () => {
  outbox = await Outbox.create();
});
beforeEach(async () => {
  sender = await outbox.sender();
});
afterAll(() => outbox.close());

describe('who appends to a lane', () => {
  const busy = (chatId: number) =>
    outbox.postgres.query<{ chat_id: number }>('test_busy', 'SELECT * FROM busy_lanes(ARRAY[$1::int])', [chatId]);

  it('waits for queued, sending and retrying messages; not for ended, scheduled or one-time ones', async () => {
    const { head } = await laneOf(outbox, sender, 0);
    const chat_id = await outbox.chatOf(head);
    expect(await busy(chat_id)).toEqual([{ chat_id }]);
    await endOf(outbox, sender, head, accepted());
    await outbox.message(sender, { chat_id, priority: 0 });
    const scheduled = await outbox.message(sender, { chat_id, due_at: `now() + interval '2 seconds'` });
    expect(await busy(chat_id)).toEqual([]);
    await outbox.run(`UPDATE messages SET due_at = now() WHERE id = $1`, [scheduled]);
    expect(await busy(chat_id)).toEqual([{ chat_id }]);
  });

  it('keeps the message before it from ending until the new one is committed: its end finds it', async () => {
    const { head } = await laneOf(outbox, sender, 0);
    const chatId = await outbox.chatOf(head);
    let ended: ReturnType<typeof endOf> | undefined;
    let follower = 0;
    await outbox.postgres.transaction(async (sql) => {
      await sql.query('test_busy', 'SELECT * FROM busy_lanes(ARRAY[$1::int])', [chatId]);
      ended = endOf(outbox, sender, head, accepted());
      await someoneWaits(outbox);
      const [row] = await sql.query<{ id: number }>(
        'test_append',
        `INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, generation, held_by, next_at)
         SELECT tenant_id, number_id, chat_id, contact_id, 'outbound', type, 'queued', 1, 'lane', now() + interval '300 s'
           FROM messages WHERE id = $1 RETURNING id`,
        [head],
      );
      follower = row?.id ?? 0;
    });
    expect((await ended)?.woken).toMatchObject([{ id: follower }]);
  });

  it('sees that the message before it has ended, or which one it waits for instead', async () => {
    const { head, followers } = await laneOf(outbox, sender, 1);
    const chat_id = await outbox.chatOf(head);
    let seen: ReturnType<typeof busy> | undefined;
    await outbox.postgres.transaction(async (sql) => {
      await sql.query('test_end', `UPDATE messages SET status = 'sent', next_at = NULL WHERE id = $1`, [head]);
      seen = busy(chat_id);
      await someoneWaits(outbox);
    });
    expect(await seen).toEqual([{ chat_id }]);
    await outbox.postgres.transaction(async (sql) => {
      await sql.query('test_end', `UPDATE messages SET status = 'sent', next_at = NULL WHERE id = $1`, followers);
      seen = busy(chat_id);
      await someoneWaits(outbox);
    });
    expect(await seen).toEqual([]);
  });

  it('does so one after the other', async () => {
    const chatId = await outbox.chatOf(await outbox.message(sender, { status: `'sent'`, next_at: null }));
    let second: ReturnType<typeof busy> | undefined;
    await outbox.postgres.transaction(async (sql) => {
      await sql.query('test_busy', 'SELECT * FROM busy_lanes(ARRAY[$1::int])', [chatId]);
      second = busy(chatId);
      await someoneWaits(outbox);
      await sql.query(
        'test_first',
        `INSERT INTO messages (tenant_id, number_id, chat_id, direction, type, status, next_at)
         VALUES ($1, $2, $3, 'outbound', 'image', 'queued', now())`,
        [sender.tenantId, sender.numberId, chatId],
      );
    });
    expect(await second).toHaveLength(1);
  });

  it('waits for its turn as long as the setting says, by the API; a one-time code does not', async () => {
    const { head } = await laneOf(outbox, sender, 0);
    const [lane] = await outbox.postgres.query<{ from: string; contactId: number }>(
      'test_lane',
      `SELECT n.phone_number_id AS "from", m.contact_id AS "contactId"
         FROM messages m JOIN phone_numbers n ON n.id = m.number_id WHERE m.id = $1`,
      [head],
    );
    const items = [5, 0].map((priority) => ({
      message: {
        ...lane,
        tenantId: sender.tenantId,
        requestId: randomUUID(),
        type: 'image' as const,
        text: null,
        textField: 'caption',
        textLimit: 1024,
        content: {},
        priority,
      },
      waiter: null,
    }));
    const results = await acceptGroup(outbox.postgres, items, {
      isBacklogged: () => false,
      orderHoldS: 77,
      keys: outbox.keys,
      hashes: outbox.hashes,
    });
    expect(results).toMatchObject([{ accepted: { heldByLane: true } }, { accepted: { heldByLane: false } }]);
    const rows = await outbox.postgres.query<{ held_by: string | null; hold_s: number }>(
      'test_holds',
      `SELECT held_by, extract(epoch FROM next_at - due_at)::float8 AS hold_s FROM messages
        WHERE number_id = $1 AND id <> $2 ORDER BY id`,
      [sender.numberId, head],
    );
    expect(rows.map(({ held_by }) => held_by)).toEqual(['lane', null]);
    expect(rows[0]?.hold_s).toBe(77);
    // Its own process has a moment to release it.
    expect(rows[1]?.hold_s).toBeLessThan(3);
  });
});
