import type { AttemptEnd } from '../../src/delivery/attempts/attempt-end.js';
import { claimMessages } from '../../src/delivery/attempts/claim-messages.js';
import { decideEnd, failedHere, notWritten } from '../../src/delivery/attempts/decide-end.js';
import { sweepLanes } from '../../src/delivery/lanes/wake-lanes.js';
import { expireMessages } from '../../src/delivery/recovery/expire-messages.js';
import { takeDue } from '../../src/delivery/recovery/take-due.js';
import { advanceStatuses } from '../../src/delivery/status/advance-status.js';
import { accepted, appendTo, endOf, HELD, laneOf } from './lane-lab.js';
import { Outbox, type MessageColumns, type Sender } from './outbox.js';

let outbox: Outbox;
let sender: Sender;
beforeAll(async () => {
  outbox = await Outbox.create();
});
beforeEach(async () => {
  sender = await outbox.sender();
});
afterAll(() => outbox.close());

const FIRST = { attemptNo: 1, retries: 0 };
const unknown = decideEnd({ kind: 'unknown', reason: 'ETIMEDOUT' }, FIRST, 0);

const take = (options: { priority?: number; orderHoldS?: number } = {}) =>
  takeDue(outbox.postgres, {
    numberId: sender.numberId,
    priority: 5,
    paused: false,
    limit: 100,
    leaseS: 10,
    orderHoldS: 300,
    ...options,
  });
const end = (id: number, attemptEnd: AttemptEnd) => endOf(outbox, sender, id, attemptEnd);
const lane = (followers: number) => laneOf(outbox, sender, followers);
const append = (head: number, columns: MessageColumns = {}) => appendTo(outbox, sender, head, columns);

describe('the end of a message', () => {
  it.each([
    ['sent', accepted()],
    ['failed', failedHere('X', 'x', null)],
    ['unknown', unknown],
  ])('%s releases the next of its lane, and only that', async (_status, attemptEnd) => {
    const { head, followers } = await lane(2);
    const [second = 0, third = 0] = followers;
    const { woken } = await end(head, attemptEnd);
    expect(woken).toMatchObject([
      { id: second, generation: 2, numberId: sender.numberId, ratePerSecond: 80, priority: 5 },
    ]);
    const row = await outbox.read(second);
    expect(row).toMatchObject({ held_by: null, status: 'queued' });
    // Long enough to hand it over, short enough to be found soon when that did not happen.
    expect(row.next_in_s).toBeGreaterThan(0);
    expect(row.next_in_s).toBeLessThanOrEqual(2);
    expect(await outbox.read(third)).toMatchObject({ held_by: 'lane' });
  });

  it('by a status webhook that was faster than the answer releases it, too; the answer then wakes nobody', async () => {
    const { head, followers } = await lane(2);
    const change = {
      numberId: sender.numberId,
      wamid: 'wamid.1',
      messageId: head,
      attemptNo: 1,
      occurredAt: new Date(),
    };
    const { woken } = await advanceStatuses(outbox.postgres, [{ ...change, status: 'delivered' }]);
    expect(woken).toMatchObject([{ id: followers[0], generation: 2 }]);
    expect((await end(head, accepted())).woken).toEqual([]);
    expect((await advanceStatuses(outbox.postgres, [{ ...change, status: 'read' }])).woken).toEqual([]);
  });

  it('by expiry releases it', async () => {
    const head = await outbox.message(sender, {
      expires_at: `now() - interval '1 second'`,
      due_at: `now() - interval '9 seconds'`,
    });
    const next = await append(head);
    expect(await expireMessages(outbox.postgres, 10)).toMatchObject({ expired: [head], woken: [{ id: next }] });
  });

  it('by a lease that ran out, or by expiry at its release, releases it in the same visit', async () => {
    const { head, followers } = await lane(1);
    const late = await outbox.message(sender, {
      expires_at: `now() - interval '1 second'`,
      due_at: `now() - interval '9 seconds'`,
    });
    const [next = 0, ofLate] = [followers[0], await append(late)];
    await outbox.run(`UPDATE messages SET next_at = now() - interval '1 second' WHERE id = $1`, [head]);
    expect(await take({ priority: 4 })).toMatchObject({ taken: 1, released: [], woken: [{ id: next, generation: 2 }] });
    expect(await take()).toMatchObject({ taken: 1, released: [], woken: [{ id: ofLate, generation: 2 }] });
  });

  it('is not a retry wait: the message stays first', async () => {
    const { head, followers } = await lane(1);
    expect((await end(head, notWritten('ECONNREFUSED', FIRST, 1))).woken).toEqual([]);
    expect(await outbox.read(followers[0] ?? 0)).toMatchObject({ held_by: 'lane' });
  });

  it('wakes nobody of another lane, and nobody past one that is on its way', async () => {
    const { head } = await lane(0);
    const { head: other } = await lane(1);
    expect((await end(head, accepted())).woken).toEqual([]);
    await append(other);
    const released = await append(other, { held_by: null, due_at: `now() - interval '10 seconds'` });
    expect((await end(other, failedHere('X', 'x', null))).woken).toEqual([]);
    expect(await outbox.read(released)).toMatchObject({ generation: 1 });
  });

  it('of a one-time code wakes nobody', async () => {
    const { head, followers } = await lane(1);
    const chat_id = await outbox.chatOf(head);
    const code = await outbox.message(sender, { chat_id, priority: 0, due_at: `now() - interval '1 minute'` });
    await claimMessages(outbox.postgres, [{ id: code, generation: 1 }], { leaseS: 30, worker: 'w' });
    expect((await end(code, accepted())).woken).toEqual([]);
    expect(await outbox.read(followers[0] ?? 0)).toMatchObject({ held_by: 'lane' });
  });
});

describe('a lane whose wake got lost', () => {
  /** A lane whose first message ended with a process that died before it woke the next. */
  async function lost(): Promise<{ chatId: number; next: number }> {
    const { head, followers } = await lane(1);
    await outbox.run(`UPDATE messages SET status = 'sent', next_at = NULL WHERE id = $1`, [head]);
    return { chatId: await outbox.chatOf(head), next: followers[0] ?? 0 };
  }

  it('is found by the sweep, which looks at some lanes at a time', async () => {
    const first = await lost();
    const { head } = await lane(1);
    const second = await lost();
    const begin = await sweepLanes(outbox.postgres, first.chatId - 1, 2);
    expect(begin).toMatchObject({ woken: [{ id: first.next, generation: 2 }], next: await outbox.chatOf(head) });
    const rest = await sweepLanes(outbox.postgres, begin.next ?? 0, 2);
    expect(rest).toMatchObject({ woken: [{ id: second.next, generation: 2 }], next: null });
  });

  it('costs nobody its outcome: one behind a locked row is passed over until it is free', async () => {
    const { head, followers } = await lane(1);
    const chatId = await outbox.chatOf(head);
    const sweep = () => sweepLanes(outbox.postgres, chatId - 1, 10);
    await outbox.postgres.transaction(async (sql) => {
      await sql.query('test_lock_many', 'SELECT 1 FROM messages WHERE id = ANY ($1) FOR UPDATE', [followers]);
      const { messages, woken, failure } = await end(head, accepted());
      expect(messages).toMatchObject([{ id: head, status: 'sent' }]);
      expect(woken).toEqual([]);
      expect(failure).toMatchObject({ code: '55P03' });
      expect((await sweep()).woken).toEqual([]);
    });
    expect((await sweep()).woken).toMatchObject([{ id: followers[0] }]);
  });
});

describe('a due message that was never attempted', () => {
  it('waits for an earlier one of its lane until its hold is over, and is found by its end', async () => {
    const { head } = await lane(0);
    const chat_id = await outbox.chatOf(head);
    const scheduled = await outbox.message(sender, { chat_id, due_at: `now() - interval '3 seconds'` });
    const foreign = await outbox.message(sender);
    expect(await take()).toMatchObject({ taken: 2, released: [{ id: foreign, generation: 2 }], woken: [] });
    const row = await outbox.read(scheduled);
    expect(row).toMatchObject({ held_by: 'lane', status: 'queued', generation: 1, priority: 5 });
    expect(row.next_in_s).toBeGreaterThan(290);
    expect(row.next_in_s).toBeLessThan(298);
    expect((await end(head, accepted())).woken).toMatchObject([{ id: scheduled }]);
  });

  it('goes all the same when its hold is over', async () => {
    const { head } = await lane(0);
    const chat_id = await outbox.chatOf(head);
    const just = await outbox.message(sender, {
      ...HELD,
      chat_id,
      due_at: `now() - interval '61 seconds'`,
      next_at: `now() - interval '1 second'`,
    });
    const notYet = await outbox.message(sender, { chat_id, due_at: `now() - interval '59 seconds'` });
    await outbox.run(`UPDATE messages SET due_at = now() - interval '2 minutes' WHERE id = $1`, [head]);
    expect(await take({ orderHoldS: 60 })).toMatchObject({
      taken: 2,
      released: [{ id: just, generation: 2 }],
      woken: [],
    });
    expect(await outbox.read(just)).toMatchObject({ held_by: null });
    expect(await outbox.read(notYet)).toMatchObject({ held_by: 'lane' });
  });

  it('is released when it is the first, however many come after it', async () => {
    const first = await outbox.message(sender, { due_at: `now() - interval '9 seconds'` });
    const chat_id = await outbox.chatOf(first);
    await outbox.message(sender, { chat_id, due_at: `now() - interval '8 seconds'` });
    await outbox.message(sender, { chat_id, due_at: `now() - interval '8 seconds'` });
    expect(await take()).toMatchObject({ taken: 3, released: [{ id: first, generation: 2 }], woken: [] });
  });

  it('never waits for what waits for it', async () => {
    // A clock that was set back gives a later message the earlier due time.
    const first = await outbox.message(sender, { due_at: `now() - interval '8 seconds'` });
    const before = await append(first, { due_at: `now() - interval '9 seconds'` });
    expect(await take()).toMatchObject({ taken: 1, released: [], woken: [{ id: before, generation: 2 }] });
    expect(await outbox.read(first)).toMatchObject({ held_by: 'lane' });
  });

  it('is looked at again in a moment when the earlier one is just being changed', async () => {
    const { head } = await lane(0);
    const chat_id = await outbox.chatOf(head);
    const scheduled = await outbox.message(sender, { chat_id });
    await outbox.postgres.transaction(async (sql) => {
      await sql.query('test_lock', 'SELECT 1 FROM messages WHERE id = $1 FOR UPDATE', [head]);
      expect(await take()).toEqual({ taken: 1, released: [], woken: [] });
    });
    const row = await outbox.read(scheduled);
    expect(row).toMatchObject({ held_by: null, generation: 1 });
    expect(row.next_in_s).toBeLessThanOrEqual(0.05);
  });

  it('is never one that was attempted: a retry stays the first of its lane', async () => {
    const { head } = await lane(0);
    const chat_id = await outbox.chatOf(head);
    const retry = await outbox.message(sender, { chat_id, status: `'sending'`, attempt_no: 1, priority: 4 });
    expect(await take({ priority: 4 })).toMatchObject({
      taken: 1,
      released: [{ id: retry, generation: 2 }],
      woken: [],
    });
  });

  it('is never a one-time code', async () => {
    const { head } = await lane(0);
    const chat_id = await outbox.chatOf(head);
    const code = await outbox.message(sender, { chat_id, priority: 0 });
    expect(await take({ priority: 0 })).toMatchObject({ taken: 1, released: [{ id: code, generation: 2 }], woken: [] });
  });
});
