import { randomInt, randomUUID } from 'node:crypto';
import { claimMessages } from '../../src/delivery/attempts/claim-messages.js';
import { decideEnd, failedHere, notWritten } from '../../src/delivery/attempts/decide-end.js';
import { submitAttempts } from '../../src/delivery/attempts/hold-attempts.js';
import { recordEnds } from '../../src/delivery/attempts/record-ends.js';
import { sweepLanes } from '../../src/delivery/lanes/wake-lanes.js';
import { expireMessages } from '../../src/delivery/recovery/expire-messages.js';
import { takeDue } from '../../src/delivery/recovery/take-due.js';
import { advanceStatuses } from '../../src/delivery/status/advance-status.js';
import { acceptGroup } from '../../src/messages/outbound/accept-group.js';
import type { OutboundItem } from '../../src/messages/outbound/outbound-message.js';
import { isContention } from '../../src/platform/database/database-errors.js';
import { Outbox, type Sender } from './outbox.js';

const LANES = 6;
const GROUPS = 30;
const GROUP = 4;
/** Then something was forgotten; it takes seconds as a rule, and longer on a machine with other work. */
const WITHIN_MS = 180_000;

let outbox: Outbox;
beforeAll(async () => {
  outbox = await Outbox.create({ DATABASE_POOL_SIZE: '24' });
});
afterAll(() => outbox.close());

/** A row that somebody else has locked for long is met again later, as in the program. */
async function unlessContended<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isContention(error)) return undefined;
    throw error;
  }
}

function itemTo(sender: Sender, from: string, contactId: number): OutboundItem {
  const message = {
    tenantId: sender.tenantId,
    requestId: randomUUID(),
    type: 'image' as const,
    from,
    contactId,
    text: null,
    textField: 'caption',
    textLimit: 1024,
    content: {},
    priority: randomInt(10) === 0 ? 0 : 5,
  };
  return { message, waiter: null };
}

/**
 * Everything that touches lanes, on the same few, from many connections. Nothing sweeps: whoever would be forgotten
 * would wait for its hold, which is longer than the test. Nobody hands woken messages over either: their releases lapse.
 */
it(
  'accepts, ends, statuses, expiry and releases at once lose no wake and no order',
  async () => {
    const sender = await outbox.sender();
    const { numberId } = sender;
    const db = outbox.postgres;
    const models = await outbox.messages(sender, LANES, { status: `'sent'`, next_at: null });
    const contacts = await db.query<{ contact_id: number; phone_number_id: string }>(
      'test_contacts',
      `SELECT m.contact_id, n.phone_number_id FROM messages m JOIN phone_numbers n ON n.id = m.number_id WHERE m.id = ANY ($1)`,
      [models],
    );
    const deadline = Date.now() + WITHIN_MS;
    let accepting = 5;
    let held = 0;
    const violations: number[] = [];

    const accept = async (): Promise<void> => {
      for (let accepted = 0; accepted < GROUPS && Date.now() < deadline;) {
        const items = Array.from({ length: GROUP }, () => {
          const contact = contacts[randomInt(LANES)];
          if (!contact) throw new Error('no such contact');
          return itemTo(sender, contact.phone_number_id, contact.contact_id);
        });
        const results = await unlessContended(() =>
          acceptGroup(db, items, {
            isBacklogged: () => true,
            orderHoldS: 3600,
            keys: outbox.keys,
            hashes: outbox.hashes,
          }),
        );
        if (!results) continue;
        accepted += 1;
        for (const result of results) {
          if ('refused' in result) throw result.refused;
          if (result.accepted.heldByLane) held += 1;
        }
      }
      accepting -= 1;
    };

    const active = async (): Promise<number> => {
      const [row] = await db.query<{ n: number }>(
        'test_active',
        `SELECT count(*)::int AS n FROM messages WHERE number_id = $1 AND status IN ('queued', 'sending')`,
        [numberId],
      );
      return row?.n ?? NaN;
    };
    const goingOn = async (): Promise<boolean> => Date.now() < deadline && (accepting > 0 || (await active()) > 0);

    const work = async (): Promise<void> => {
      while (await goingOn()) {
        const released = await db.query<{ id: number; generation: number }>(
          'test_released',
          `SELECT id, generation FROM messages
          WHERE number_id = $1 AND status IN ('queued', 'sending') AND generation > 1 AND attempt_state IS NULL
            AND held_by IS NULL AND next_at > now() ORDER BY random() LIMIT 5`,
          [numberId],
        );
        const claims = await unlessContended(() => claimMessages(db, released, { leaseS: 1, worker: 'w' }));
        for (const message of claims ?? []) if (message) await end(message.id, message.attemptNo);
      }
    };

    const end = async (messageId: number, attemptNo: number): Promise<void> => {
      violations.push(...(await earlierOnes(messageId)));
      if (randomInt(12) === 0) return; // its claim lapses
      await unlessContended(() => submitAttempts(db, [{ messageId, attemptNo }], 1));
      if (randomInt(12) === 0) return; // its submission lapses
      const wamid = `wamid.${randomUUID()}`;
      const report = { numberId, wamid, messageId, attemptNo, occurredAt: new Date(), status: 'delivered' as const };
      const history = { attemptNo, retries: 0 };
      const ends = [
        decideEnd({ kind: 'accepted', wamid }, history, 0),
        failedHere('X', 'x', null),
        notWritten('ECONNREFUSED', history, 0),
      ];
      const attemptEnd = ends[randomInt(ends.length)] ?? failedHere('X', 'x', null);
      const told = randomInt(3) === 0 ? [report] : [];
      await Promise.all([
        unlessContended(() => recordEnds(db, [{ messageId, ...sender, attemptNo, end: attemptEnd }])),
        unlessContended(() => db.transaction((sql) => advanceStatuses(sql, told), { lockTimeoutMs: 200 })),
      ]);
    };

    /** Messages of the same lane that should have gone before, and are still there. */
    const earlierOnes = async (id: number): Promise<number[]> => {
      const rows = await db.query<{ id: number }>(
        'test_earlier',
        `SELECT e.id FROM messages m JOIN messages e ON e.chat_id = m.chat_id AND e.due_at < m.due_at
        WHERE m.id = $1 AND m.priority > 0 AND e.priority > 0 AND e.status IN ('queued', 'sending')`,
        [id],
      );
      return rows.map((row) => row.id);
    };

    const feed = async (): Promise<void> => {
      while (await goingOn()) {
        for (const priority of [0, 4, 5]) {
          const due = { numberId, priority, paused: false, limit: 20, leaseS: 1, orderHoldS: 3600 };
          await unlessContended(() => takeDue(db, due));
        }
      }
    };

    const expire = async (): Promise<void> => {
      while (await goingOn()) {
        await db.query(
          'test_hurry',
          `UPDATE messages SET expires_at = now() - interval '1 second' WHERE id = (
           SELECT id FROM messages WHERE number_id = $1 AND status = 'queued' ORDER BY random() LIMIT 1
              FOR UPDATE SKIP LOCKED)`,
          [numberId],
        );
        await unlessContended(() => expireMessages(db, 3));
      }
    };

    const many = (work: () => Promise<void>, n: number) => Array.from({ length: n }, work);
    await Promise.all([...many(accept, 5), ...many(work, 6), ...many(feed, 3), ...many(expire, 2)]);

    expect(held).toBeGreaterThan(100);
    expect(violations).toEqual([]);
    expect(await active()).toBe(0);
    expect(await sweepLanes(db, 0, 100)).toEqual({ woken: [], next: null });
  },
  WITHIN_MS + 30_000,
);
