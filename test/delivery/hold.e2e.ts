import { claimMessages } from '../../src/delivery/attempts/claim-messages.js';
import { submitAttempts } from '../../src/delivery/attempts/hold-attempts.js';
import { DeliveryHold, HoldError } from '../../src/delivery/hold/delivery-hold.js';
import { doubtRestored } from '../../src/delivery/hold/doubt-restored.js';
import { dueNumbers } from '../../src/delivery/recovery/due-numbers.js';
import { Outbox } from './outbox.js';

let outbox: Outbox;
let delivery: DeliveryHold;
beforeEach(async () => {
  outbox = await Outbox.create();
  delivery = new DeliveryHold(outbox.postgres);
});
afterEach(() => outbox.close());

const claim = (id: number) => claimMessages(outbox.postgres, [{ id, generation: 1 }], { leaseS: 30, worker: 'test' });
const created = (age: string) => ({ created_at: `now() - interval '${age}'`, due_at: `now() - interval '${age}'` });

describe('holding all delivery', () => {
  it('keeps its first time and reason, and wants a reason', async () => {
    const first = await delivery.hold(' restore ');
    expect(first).toMatchObject({ placed: true, hold: { reason: 'restore' } });
    expect(await delivery.hold('another')).toEqual({ placed: false, hold: first.hold });
    await expect(delivery.hold('  ')).rejects.toThrow(HoldError);
    await expect(delivery.hold('x'.repeat(501))).rejects.toThrow(HoldError);
    expect((await delivery.hold('x'.repeat(500))).placed).toBe(false);
  });

  it('lets nothing be claimed: what was released is due again, and is claimed after the release', async () => {
    const sender = await outbox.sender();
    const id = await outbox.message(sender, { next_at: `now() + interval '10 seconds'` });
    await delivery.hold('test');
    expect(await claim(id)).toEqual([null]);
    const row = await outbox.read(id);
    expect(row).toMatchObject({ status: 'queued', attempt_no: 0, attempt_state: null, generation: 1 });
    expect(row.next_in_s).toBeLessThanOrEqual(0);
    await delivery.continue();
    expect(await claim(id)).toMatchObject([{ id }]);
  });

  it('lets no submission begin, and one that has begun go on', async () => {
    const sender = await outbox.sender();
    const [begun, waiting] = [await outbox.message(sender), await outbox.message(sender)];
    await claim(begun);
    await claim(waiting);
    expect(await submitAttempts(outbox.postgres, [{ messageId: begun, attemptNo: 1 }], 30)).toEqual(['submitted']);
    await delivery.hold('test');
    const both = [begun, waiting].map((messageId) => ({ messageId, attemptNo: 1 }));
    expect(await submitAttempts(outbox.postgres, both, 30)).toEqual(['submitted', 'gone']);
    expect(await outbox.read(waiting)).toMatchObject({ status: 'sending', attempt_state: 'claimed' });
    await delivery.continue();
    expect(await submitAttempts(outbox.postgres, both, 30)).toEqual(['submitted', 'submitted']);
  });

  it('makes every number look paused to the feeders', async () => {
    await outbox.message(await outbox.sender());
    await delivery.hold('test');
    expect(await dueNumbers(outbox.postgres)).toMatchObject([{ paused: true }]);
    await delivery.continue();
    expect(await dueNumbers(outbox.postgres)).toMatchObject([{ paused: false }]);
  });

  it('tells what waits', async () => {
    const sender = await outbox.sender();
    await outbox.messages(sender, 3);
    await outbox.message(sender, { status: `'unknown'`, next_at: null, unknown_at: 'now()' });
    expect(await delivery.status()).toEqual({ hold: null, waiting: 3, unknown: 1 });
    const { hold } = await delivery.hold('test');
    expect(await delivery.status()).toEqual({ hold, waiting: 3, unknown: 1 });
  });

  it('cannot be released when it does not stand', async () => {
    await expect(delivery.continue()).rejects.toThrow('not held');
    await expect(delivery.releaseRestored()).rejects.toThrow('not held');
  });
});

describe('releasing a restored database', () => {
  it('doubts what may have gone out since the backup, in whatever state of work it is, and sends the rest', async () => {
    const sender = await outbox.sender();
    const old = created('1 hour');
    const inWork = { ...old, status: `'sending'`, attempt_no: 1, priority: 4 };
    const doubted = [
      await outbox.message(sender, old),
      await outbox.message(sender, { ...old, held_by: `'lane'`, next_at: `now() + interval '5 minutes'` }),
      await outbox.message(sender, { ...old, expires_at: `now() - interval '1 minute'` }),
      await outbox.message(sender, { ...inWork, retries: 1, next_at: `now() + interval '1 minute'` }),
      await outbox.message(sender, { ...inWork, attempt_state: `'claimed'` }),
      await outbox.message(sender, { ...inWork, attempt_state: `'submitting'` }),
    ];
    await outbox.attempt(doubted[4] ?? 0, 1, 'claimed');
    await outbox.attempt(doubted[5] ?? 0, 1, 'submitting');
    const scheduled = await outbox.message(sender, {
      ...old,
      due_at: `now() + interval '1 hour'`,
      next_at: `now() + interval '1 hour'`,
    });
    const sent = await outbox.message(sender, { ...old, status: `'sent'`, next_at: null });
    await delivery.hold('restored');
    const later = await outbox.message(sender, { created_at: 'clock_timestamp()', due_at: 'clock_timestamp()' });

    expect(await delivery.releaseRestored()).toMatchObject({ doubted: doubted.length });
    for (const id of doubted) {
      const row = await outbox.read(id);
      expect(row).toMatchObject({ status: 'unknown', next_at: null, attempt_state: null });
      expect(row.unknown_at).not.toBeNull();
    }
    expect(await outbox.attempts(doubted[4] ?? 0)).toMatchObject([{ state: 'unknown' }]);
    expect(await outbox.attempts(doubted[5] ?? 0)).toMatchObject([{ state: 'unknown' }]);
    expect(await outbox.read(scheduled)).toMatchObject({ status: 'queued' });
    expect(await outbox.read(sent)).toMatchObject({ status: 'sent' });
    expect(await claim(later)).toMatchObject([{ id: later }]);
  });

  it('lets what was unknown in the backup wait anew', async () => {
    const sender = await outbox.sender();
    const id = await outbox.message(sender, {
      ...created('1 hour'),
      status: `'unknown'`,
      next_at: null,
      unknown_at: `now() - interval '50 minutes'`,
    });
    const { hold } = await delivery.hold('restored');
    await delivery.releaseRestored();
    expect((await outbox.read(id)).unknown_at?.getTime()).toBeGreaterThanOrEqual(hold.heldAt.getTime());
  });

  it('goes in steps over all numbers, and a repeat finishes what broke off, with the hold still there', async () => {
    const [a, b] = [await outbox.sender(), await outbox.sender()];
    await outbox.messages(a, 7, created('1 hour'));
    await outbox.messages(b, 4, { ...created('1 hour'), priority: 0 });
    const { hold } = await delivery.hold('restored');
    // Accepted since: they stand among the others and stay.
    await outbox.messages(a, 5, { created_at: 'clock_timestamp()', due_at: 'clock_timestamp()' });
    let steps = 0;
    const breaking = {
      query: async <T extends object>(name: string, text: string, values?: unknown[]) => {
        steps += 1;
        if (steps > 2) throw new Error('cut');
        return outbox.postgres.query<T>(name, text, values);
      },
    };
    await expect(doubtRestored(breaking, hold.heldAt, 3)).rejects.toThrow('cut');
    expect((await delivery.status()).hold).toEqual(hold);
    await outbox.postgres.query('test_break_off', 'UPDATE delivery_hold SET restoring = true');
    await expect(delivery.continue()).rejects.toThrow('repeat it with --restored');
    const before = (await delivery.status()).unknown;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThanOrEqual(6);
    expect(await doubtRestored(outbox.postgres, hold.heldAt, 3)).toBe(11 - before);
    expect(await doubtRestored(outbox.postgres, hold.heldAt, 3)).toBe(0);
    expect(await delivery.status()).toMatchObject({ waiting: 5, unknown: 11 });
    expect(await delivery.releaseRestored()).toMatchObject({ hold, doubted: 0 });
    expect((await delivery.status()).hold).toBeNull();
  });
});
