import type { Row, SqlRunner } from '../../src/platform/database/postgres.js';
import { expireMessages } from '../../src/delivery/recovery/expire-messages.js';
import { dueNumbers } from '../../src/delivery/recovery/due-numbers.js';
import { takeDue } from '../../src/delivery/recovery/take-due.js';
import { Outbox, type Sender } from './outbox.js';

let outbox: Outbox;
beforeEach(async () => {
  outbox = await Outbox.create();
});
afterEach(() => outbox.close());

const take = (sender: Sender, limit = 100, priority = 5, paused = false) =>
  takeDue(outbox.postgres, { numberId: sender.numberId, priority, paused, limit, leaseS: 10, orderHoldS: 300 });

const NOTHING = { taken: 0, released: [], woken: [] };

describe('numbers with something to release', () => {
  it('are found with their priorities, whether now or later, paused or not', async () => {
    const [a, b, idle] = [await outbox.sender({ rate: 20 }), await outbox.sender(), await outbox.sender()];
    await outbox.messages(a, 3);
    await outbox.message(a, { priority: 0, next_at: `now() + interval '5 seconds'` });
    await outbox.message(b);
    await outbox.run('UPDATE phone_numbers SET paused_at = now() WHERE id = $1', [b.numberId]);
    await outbox.message(idle, { status: `'sent'`, next_at: null });
    await outbox.message(idle, { next_at: null });
    const found = await dueNumbers(outbox.postgres);
    expect(found).toMatchObject([
      { numberId: a.numberId, priority: 0, ratePerSecond: 20, paused: false },
      { numberId: a.numberId, priority: 5, paused: false },
      { numberId: b.numberId, priority: 5, paused: true },
    ]);
    expect(found[0]?.dueInMs).toBeGreaterThan(3000);
    expect(found[1]?.dueInMs).toBeLessThanOrEqual(0);
  });

  it('cost one probe each, however many rows they have', async () => {
    const [a, b] = [await outbox.sender(), await outbox.sender()];
    await outbox.messages(a, 3000);
    await outbox.messages(b, 3000, { next_at: `now() + interval '1 hour'` });
    await outbox.run('VACUUM ANALYZE messages');
    const client = await outbox.postgres.pool.connect();
    try {
      const entriesRead = async (): Promise<number> => {
        await client.query('SELECT pg_stat_force_next_flush()');
        const { rows } = await client.query<{ n: number }>(
          `SELECT pg_stat_get_tuples_returned('messages_due'::regclass)::int AS n`,
        );
        return rows[0]?.n ?? NaN;
      };
      const before = await entriesRead();
      const sql: SqlRunner = {
        query: async <T extends object>(_name: string, text: string, values?: unknown[]) =>
          (await client.query<T & Row>(text, values)).rows,
      };
      expect(await dueNumbers(sql)).toHaveLength(2);
      const read = (await entriesRead()) - before;
      expect(read).toBeGreaterThan(0);
      expect(read).toBeLessThan(20);
    } finally {
      client.release();
    }
  });
});

describe('taking due rows', () => {
  it('releases the oldest under a new generation and a lease, as released before', async () => {
    const sender = await outbox.sender();
    const late = await outbox.message(sender, { next_at: `now() - interval '1 second'` });
    const early = await outbox.message(sender, { next_at: `now() - interval '9 seconds'` });
    await outbox.message(sender, { next_at: `now() + interval '1 second'` });
    expect(await take(sender, 1)).toMatchObject({ taken: 1, released: [{ id: early, generation: 2 }] });
    expect(await outbox.read(early)).toMatchObject({ status: 'queued', generation: 2, priority: 4 });
    expect((await outbox.read(early)).next_in_s).toBeGreaterThan(9);
    expect(await take(sender)).toMatchObject({ taken: 1, released: [{ id: late, generation: 2 }] });
    expect(await take(sender)).toEqual(NOTHING);
  });

  it('shares rows out between feeders that come at the same time', async () => {
    const sender = await outbox.sender();
    const ids = await outbox.messages(sender, 60);
    const visits = await Promise.all([take(sender, 25), take(sender, 25), take(sender, 25)]);
    const taken = visits.flatMap(({ released }) => released);
    expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length);
    const { released: rest } = await take(sender);
    expect([...taken, ...rest].map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids);
  });

  it('releases a claim that lapsed, and ends its attempt', async () => {
    const sender = await outbox.sender();
    const id = await outbox.message(sender, {
      status: `'sending'`,
      attempt_no: 1,
      attempt_state: `'claimed'`,
      priority: 4,
    });
    await outbox.attempt(id, 1, 'claimed');
    expect(await take(sender, 10, 4)).toMatchObject({ taken: 1, released: [{ id, generation: 2 }] });
    expect(await outbox.read(id)).toMatchObject({ status: 'sending', attempt_state: null, generation: 2 });
    expect(await outbox.attempts(id)).toMatchObject([{ state: 'released' }]);
  });

  it.each([false, true])('makes a submission that lapsed unknown (number paused: %s)', async (paused) => {
    const sender = await outbox.sender();
    const id = await outbox.message(sender, {
      status: `'sending'`,
      attempt_no: 1,
      attempt_state: `'submitting'`,
      priority: 4,
    });
    await outbox.attempt(id, 1, 'submitting');
    expect(await take(sender, 10, 4, paused)).toMatchObject({ taken: 1, released: [] });
    expect(await outbox.read(id)).toMatchObject({
      status: 'unknown',
      attempt_state: null,
      next_at: null,
      generation: 1,
    });
    expect((await outbox.read(id)).unknown_at).not.toBeNull();
    expect(await outbox.attempts(id)).toMatchObject([{ state: 'unknown' }]);
  });

  it('leaves live leases alone', async () => {
    const sender = await outbox.sender();
    const columns = { status: `'sending'`, attempt_no: 1, next_at: `now() + interval '1 minute'`, priority: 4 };
    await outbox.message(sender, { ...columns, attempt_state: `'claimed'` });
    await outbox.message(sender, { ...columns, attempt_state: `'submitting'` });
    expect(await take(sender, 10, 4)).toEqual(NOTHING);
  });

  it('expires what comes too late instead of releasing it', async () => {
    const sender = await outbox.sender();
    const id = await outbox.message(sender, { expires_at: `now() - interval '1 second'` });
    expect(await take(sender)).toMatchObject({ taken: 1, released: [] });
    expect(await outbox.read(id)).toMatchObject({ status: 'expired', next_at: null, link_expires_in_days: 29 });
  });

  it('takes nothing else of a paused number', async () => {
    const sender = await outbox.sender();
    await outbox.messages(sender, 2);
    await outbox.message(sender, { status: `'sending'`, attempt_no: 1, attempt_state: `'claimed'` });
    expect(await take(sender, 10, 5, true)).toEqual(NOTHING);
  });
});

describe('expiry', () => {
  it('ends what could not leave in time: queued, between attempts, or with a lapsed claim', async () => {
    const sender = await outbox.sender();
    const expires_at = `now() - interval '1 millisecond'`;
    const expired = [
      await outbox.message(sender, { expires_at, next_at: `now() + interval '1 hour'` }),
      await outbox.message(sender, { expires_at, status: `'sending'`, attempt_no: 1 }),
      await outbox.message(sender, { expires_at, status: `'sending'`, attempt_no: 1, attempt_state: `'claimed'` }),
    ];
    await outbox.attempt(expired[2] ?? 0, 1, 'claimed');
    const kept = [
      await outbox.message(sender, { expires_at: `now() + interval '1 minute'` }),
      await outbox.message(sender, { expires_at: null }),
      await outbox.message(sender, { expires_at, status: `'sending'`, attempt_no: 1, attempt_state: `'submitting'` }),
      await outbox.message(sender, {
        expires_at,
        status: `'sending'`,
        attempt_no: 1,
        attempt_state: `'claimed'`,
        next_at: `now() + interval '5 seconds'`,
      }),
      await outbox.message(sender, { expires_at, status: `'unknown'`, next_at: null }),
      await outbox.message(sender, { expires_at, status: `'sent'`, next_at: null }),
    ];
    const before = await Promise.all(kept.map(async (id) => (await outbox.read(id)).status));
    expect((await expireMessages(outbox.postgres, 100)).expired.sort((a, b) => a - b)).toEqual(expired);
    for (const id of expired) {
      expect(await outbox.read(id)).toMatchObject({ status: 'expired', attempt_state: null, next_at: null });
    }
    expect(await outbox.attempts(expired[2] ?? 0)).toMatchObject([{ state: 'released' }]);
    expect(await Promise.all(kept.map(async (id) => (await outbox.read(id)).status))).toEqual(before);
  });

  it('takes small steps', async () => {
    const sender = await outbox.sender();
    await outbox.messages(sender, 5, { expires_at: `now() - interval '1 second'` });
    expect((await expireMessages(outbox.postgres, 3)).expired).toHaveLength(3);
    expect((await expireMessages(outbox.postgres, 3)).expired).toHaveLength(2);
  });
});
