import fc from 'fast-check';
import { advanceStatuses, type StatusChange } from '../../src/delivery/status/advance-status.js';
import type { ReportedStatus } from '../../src/delivery/status/message-status.js';
import { parkStatuses, sweepParkedStatuses } from '../../src/delivery/status/parked-statuses.js';
import { Outbox, type Sender } from './outbox.js';

let outbox: Outbox;
let sender: Sender;
beforeAll(async () => {
  outbox = await Outbox.create();
  sender = await outbox.sender();
});
afterAll(() => outbox.close());

let wamids = 0;
const newWamid = (): string => `wamid.${(wamids += 1)}`;
const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1, 8, 0, second));
const TIMES: Record<ReportedStatus, number> = { sent: 1, delivered: 2, read: 3, played: 4, failed: 5 };
const ERROR = { code: '131049', title: 'not delivered', details: 'details' };

const report = (wamid: string, status: ReportedStatus, more: Partial<StatusChange> = {}): StatusChange => ({
  numberId: sender.numberId,
  wamid,
  status,
  occurredAt: at(TIMES[status]),
  ...(status === 'failed' ? { error: ERROR } : {}),
  ...more,
});
const advance = (...changes: StatusChange[]) => advanceStatuses(outbox.postgres, changes);

describe('statuses reported by WhatsApp', () => {
  it('move a message on, with the times of WhatsApp', async () => {
    const wamid = newWamid();
    const id = await outbox.message(sender, { status: `'sent'`, wamid: `'${wamid}'`, next_at: null, sent_at: 'now()' });
    const { changed } = await advance(report(wamid, 'sent'), report(wamid, 'delivered'), report(wamid, 'read'));
    expect(changed).toMatchObject([{ id, previousStatus: 'sent', status: 'read', wamid, waiter: null }]);
    expect(await outbox.read(id)).toMatchObject({
      status: 'read',
      sent_at: at(1),
      delivered_at: at(2),
      read_at: at(3),
      failed_at: null,
      link_expires_in_days: 29,
    });
  });

  it('come to the same row in whatever order and groups they arrive', async () => {
    const statuses: ReportedStatus[] = ['sent', 'failed', 'delivered', 'read', 'played'];
    const orders = fc
      .uniqueArray(fc.constantFrom(...statuses), { minLength: 1 })
      .chain((set) =>
        fc.tuple(
          fc.constant(set),
          fc.shuffledSubarray([...set, ...set], { minLength: set.length * 2, maxLength: set.length * 2 }),
          fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }),
          fc.constantFrom('sending', 'unknown', 'sent', 'expired'),
        ),
      );
    await fc.assert(
      fc.asyncProperty(orders, async ([set, shuffled, cuts, start]) => {
        const wamid = newWamid();
        const other = newWamid();
        const columns = { status: `'${start}'`, next_at: null };
        const id = await outbox.message(sender, { ...columns, wamid: `'${wamid}'` });
        const twin = await outbox.message(sender, { ...columns, wamid: `'${other}'` });
        await advance(...set.map((status) => report(other, status)));
        const group: StatusChange[] = [];
        for (const [index, status] of shuffled.entries()) {
          group.push(report(wamid, status));
          if (cuts[index]) await advance(...group.splice(0));
        }
        await advance(...group);
        const [row, expected] = [await outbox.read(id), await outbox.read(twin)];
        for (const column of ['status', 'sent_at', 'delivered_at', 'read_at', 'failed_at', 'error_code'] as const) {
          expect([column, row[column]]).toEqual([column, expected[column]]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('say so when a repeat changes nothing', async () => {
    const wamid = newWamid();
    await outbox.message(sender, { status: `'sent'`, wamid: `'${wamid}'`, next_at: null });
    await advance(report(wamid, 'delivered'));
    expect(await advance(report(wamid, 'delivered'))).toEqual({ changed: [], unmatched: [], woken: [] });
  });

  it('fail a sent message with the reason, and take it back when the message arrived after all', async () => {
    const wamid = newWamid();
    const id = await outbox.message(sender, { status: `'sent'`, wamid: `'${wamid}'`, next_at: null });
    await advance(report(wamid, 'failed'));
    expect(await outbox.read(id)).toMatchObject({ status: 'failed', error_code: '131049', failed_at: at(5) });
    await advance(report(wamid, 'delivered'));
    expect(await outbox.read(id)).toMatchObject({ status: 'delivered', error_code: null, failed_at: null });
  });

  it('settle an unknown outcome by opaque data, bind the wamid and close the attempt', async () => {
    const wamid = newWamid();
    const id = await outbox.message(sender, {
      status: `'unknown'`,
      unknown_at: 'now()',
      attempt_no: 1,
      next_at: null,
      waiter: `'channel key'`,
    });
    await outbox.attempt(id, 1, 'unknown');
    const { changed } = await advance(report(wamid, 'sent', { messageId: id, attemptNo: 1 }));
    expect(changed).toMatchObject([{ id, previousStatus: 'unknown', status: 'sent', waiter: 'channel key' }]);
    expect(await outbox.read(id)).toMatchObject({ status: 'sent', wamid, next_at: null });
    expect(await outbox.attempts(id)).toMatchObject([{ state: 'accepted', wamid }]);
  });

  it('that come before the answer end the lease, so nothing takes the message up again', async () => {
    const id = await outbox.message(sender, { status: `'sending'`, attempt_no: 1, attempt_state: `'submitting'` });
    await outbox.attempt(id, 1, 'submitting');
    await advance(report(newWamid(), 'delivered', { messageId: id, attemptNo: 1 }));
    expect(await outbox.read(id)).toMatchObject({ status: 'delivered', attempt_state: null, next_at: null });
  });

  it('of a message that is sent again already keep it from leaving twice', async () => {
    const id = await outbox.message(sender, { status: `'sending'`, attempt_no: 2, attempt_state: `'claimed'` });
    await outbox.attempt(id, 1, 'unknown');
    await advance(report(newWamid(), 'sent', { messageId: id, attemptNo: 1 }));
    expect(await outbox.read(id)).toMatchObject({ status: 'sent', attempt_state: null, next_at: null });
    expect(await outbox.attempts(id)).toMatchObject([{ attempt_no: 1, state: 'accepted' }]);
  });

  it('are answered in the order of ids, one entry for each message', async () => {
    const ids = await outbox.messages(sender, 3, { status: `'sending'`, attempt_no: 1, attempt_state: `'submitting'` });
    const changes = [...ids].reverse().map((id) => report(newWamid(), 'sent', { messageId: id, attemptNo: 1 }));
    expect((await advance(...changes)).changed.map(({ id }) => id)).toEqual(ids);
  });
});

describe('reports that must not count', () => {
  it.each([
    ['for a retry that waits', { status: `'sending'`, attempt_no: 1 }, 1],
    ['for an older attempt', { status: `'sending'`, attempt_no: 2, attempt_state: `'submitting'` }, 1],
    ['for no attempt at all', { status: `'unknown'`, attempt_no: 1 }, undefined],
  ])('a failure by opaque data alone, %s', async (_what, columns, attemptNo) => {
    const id = await outbox.message(sender, columns);
    const before = await outbox.read(id);
    const result = await advance(report(newWamid(), 'failed', { messageId: id, attemptNo }));
    expect(result).toEqual({ changed: [], unmatched: [], woken: [] });
    expect({ ...(await outbox.read(id)), next_in_s: 0 }).toEqual({ ...before, next_in_s: 0 });
  });

  it("another number's messages, by wamid and by opaque data", async () => {
    const wamid = newWamid();
    const id = await outbox.message(sender, { status: `'sent'`, wamid: `'${wamid}'`, next_at: null });
    const foreign = await outbox.sender();
    const changes = [
      report(wamid, 'read', { numberId: foreign.numberId }),
      report(newWamid(), 'read', { numberId: foreign.numberId, messageId: id, attemptNo: 1 }),
    ];
    expect(await advance(...changes)).toEqual({ changed: [], unmatched: changes, woken: [] });
    expect(await outbox.read(id)).toMatchObject({ status: 'sent' });
  });

  it('inbound messages are never touched', async () => {
    const wamid = newWamid();
    const id = await outbox.message(sender, {
      direction: `'inbound'`,
      status: `'received'`,
      wamid: `'${wamid}'`,
      next_at: null,
    });
    await advance(report(wamid, 'failed'));
    expect(await outbox.read(id)).toMatchObject({ status: 'received' });
  });

  it('unknown wamids are given back, known ones beside them are applied', async () => {
    const wamid = newWamid();
    await outbox.message(sender, { status: `'sent'`, wamid: `'${wamid}'`, next_at: null });
    const stranger = report(newWamid(), 'sent');
    const result = await advance(stranger, report(wamid, 'delivered'));
    expect(result.unmatched).toEqual([stranger]);
    expect(result.changed).toHaveLength(1);
  });
});

describe('parked statuses', () => {
  it('are kept once, and applied by the sweep when their wamid has appeared', async () => {
    const wamid = newWamid();
    const parked = [report(wamid, 'sent'), report(wamid, 'failed')];
    await parkStatuses(outbox.postgres, parked);
    await parkStatuses(outbox.postgres, parked);
    expect((await sweepParkedStatuses(outbox.postgres, 100)).changed).toEqual([]);
    const id = await outbox.message(sender, { status: `'sent'`, wamid: `'${wamid}'`, next_at: null });
    expect(await sweepParkedStatuses(outbox.postgres, 100)).toMatchObject({
      changed: [{ id, status: 'failed', error: ERROR }],
    });
    expect(await outbox.read(id)).toMatchObject({ status: 'failed', error_code: '131049', sent_at: at(1) });
    expect((await sweepParkedStatuses(outbox.postgres, 100)).changed).toEqual([]);
  });

  it('are dropped when nothing can claim them any more', async () => {
    const count = async (): Promise<number> => {
      const { rows } = await outbox.postgres.pool.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM parked_statuses',
      );
      return rows[0]?.n ?? NaN;
    };
    await parkStatuses(outbox.postgres, [report(newWamid(), 'sent'), report(newWamid(), 'read')]);
    await outbox.run(`UPDATE parked_statuses SET created_at = now() - interval '9 days' WHERE status = 'read'`);
    const before = await count();
    await sweepParkedStatuses(outbox.postgres, 100);
    expect(await count()).toBe(before - 1);
  });
});
