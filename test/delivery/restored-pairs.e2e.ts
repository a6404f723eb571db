import { SentPairs } from '../../src/delivery/slots/sent-pairs.js';
import type { Sender } from './outbox.js';
import { Outbox } from './outbox.js';
import { departuresOf, SlotsLab } from './slots-lab.js';

const LIMIT = { burst: 45, intervalMs: 6000 };

let outbox: Outbox;
let history: SentPairs;
let lab: SlotsLab;
beforeAll(async () => {
  outbox = await Outbox.create();
  history = new SentPairs(outbox.postgres);
  lab = new SlotsLab(history);
  await lab.ready();
});
afterAll(async () => {
  lab.close();
  await outbox.close();
});

/** `count` messages to the recipient, each with an attempt that was written `ageS` seconds ago. */
async function sent(sender: Sender, recipient: string, count: number, ageS: number, state = 'accepted'): Promise<void> {
  const ids = await outbox.messages(sender, count, { phone: `'${recipient}'`, status: `'sent'`, next_at: null });
  await outbox.run(
    `INSERT INTO attempts (message_id, attempt_no, number_id, state, worker, claimed_at, submitting_at)
     SELECT id, 1, $2, $4, 'test', now() - $3 * interval '1 second', now() - $3 * interval '1 second'
       FROM unnest($1::bigint[]) AS id`,
    [ids, sender.numberId, ageS, state],
  );
}

const levelOf = async (sender: Sender, recipient: string): Promise<number | undefined> =>
  (await history.levels(sender.numberId, LIMIT)).find((level) => level.recipient === recipient)?.unusedInMs;

describe('what the database knows of the pairs of a number', () => {
  it('is how long each needs to be unused again', async () => {
    const sender = await outbox.sender();
    await sent(sender, '1', 45, 10);
    await sent(sender, '2', 1, 5);
    await sent(sender, '3', 1, 6.5);
    await sent(sender, '4', 40, 269);
    await sent(sender, '4', 1, 1);
    expect(Math.abs(((await levelOf(sender, '1')) ?? 0) - 260_000)).toBeLessThan(500);
    expect(Math.abs(((await levelOf(sender, '2')) ?? 0) - 1000)).toBeLessThan(500);
    expect(await levelOf(sender, '3')).toBeUndefined();
    // Long rested: the last one alone counts.
    expect(Math.abs(((await levelOf(sender, '4')) ?? 0) - 5000)).toBeLessThan(500);
  });

  it('leaves out what never left, and what other numbers sent', async () => {
    const [sender, stranger] = [await outbox.sender(), await outbox.sender()];
    await sent(sender, '1', 5, 1, 'not_written');
    await sent(sender, '1', 5, 1, 'released');
    await sent(stranger, '1', 5, 1);
    expect(await history.levels(sender.numberId, LIMIT)).toEqual([]);
    await sent(sender, '1', 1, 1, 'submitting');
    await sent(sender, '1', 1, 1, 'unknown');
    expect(Math.abs(((await levelOf(sender, '1')) ?? 0) - 11_000)).toBeLessThan(500);
  });
});

describe('pairs after Redis was emptied', () => {
  const reserve = async (from: SlotsLab, { numberId }: Sender, count: number): Promise<number> => {
    const applicants = Array.from({ length: count }, () => ({ recipient: '1', urgent: false }));
    return departuresOf(await from.places(numberId, applicants, { ratePerSecond: 1000, horizonMs: 1500 })).length;
  };

  it('are as full as before', async () => {
    const sender = await outbox.sender();
    await sent(sender, '1', 40, 1);
    // The number starts a second later; five were left, and 2 s of rest make no further one.
    expect(await reserve(lab, sender, 45)).toBe(5);
    expect(await reserve(lab, sender, 45)).toBe(0);
  });

  it('are so for several processes that come at once, and what one grants meanwhile counts', async () => {
    const sender = await outbox.sender();
    const others = Array.from({ length: 4 }, () => lab.another(history));
    await Promise.all(others.map((other) => other.ready()));
    await sent(sender, '1', 40, 1);
    const granted = await Promise.all([lab, ...others].map((process) => reserve(process, sender, 3)));
    expect(granted.reduce((sum, count) => sum + count, 0)).toBe(5);
    for (const other of others) other.close();
  });

  it('get nothing while the database cannot tell', async () => {
    const sender = await outbox.sender();
    const blind = lab.another({ levels: () => Promise.reject(new Error('Postgres is away')) });
    await blind.ready();
    await expect(reserve(blind, sender, 1)).rejects.toThrow('Postgres is away');
    blind.close();
    expect(await reserve(lab, sender, 1)).toBe(1);
  });
});
