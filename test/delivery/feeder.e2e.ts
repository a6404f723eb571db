import { type FeederLab, startFeeder } from './feeder-lab.js';
import type { Outbox, Sender } from './outbox.js';

let lab: FeederLab;
let outbox: Outbox;
const start = async (env: NodeJS.ProcessEnv = {}): Promise<void> => {
  lab = await startFeeder(env);
  ({ outbox } = lab);
};
const released = (sender: Sender): Promise<number> => lab.released(sender);
afterEach(() => lab.close());

describe('a round of the feeder', () => {
  it('serves every number, and gives what small ones leave to those that can use it', async () => {
    await start();
    await lab.ready();
    const big = await outbox.sender({ rate: 1000 });
    await outbox.messages(big, 300);
    const small = await Promise.all(Array.from({ length: 10 }, () => outbox.sender()));
    for (const sender of small) await outbox.message(sender);
    const round = await lab.feeder.round();
    expect(await Promise.all(small.map(released))).toEqual(small.map(() => 1));
    // 40 in all for a process that has just started.
    expect(await released(big)).toBe(40 - small.length);
    expect(round.againInMs).toBeLessThanOrEqual(100);
  });

  it('releases no more than departs within the horizon, and marks the backlog', async () => {
    await start();
    await lab.ready();
    const sender = await outbox.sender({ rate: 20 });
    await outbox.messages(sender, 50);
    await lab.feeder.round();
    // 500 ms of a number at 19/s that starts in a second.
    expect(await released(sender)).toBe(10);
    expect(lab.jobs).toHaveLength(10);
    expect(await lab.queue.counts()).toMatchObject({ waiting: 0 });
    const request = { numberId: sender.numberId, ratePerSecond: 20, horizonMs: 60_000, respectBacklog: true };
    const api = await lab.slots.reserve(request, [{ recipient: '15550002', urgent: false }]);
    expect(api.places).toEqual([{ kind: 'no_room' }]);
  });

  it('takes little for a process that has its hands full, and still something of every number', async () => {
    await start();
    await lab.ready();
    const [a, b] = [await outbox.sender(), await outbox.sender()];
    await outbox.messages(a, 10);
    await outbox.messages(b, 10);
    Array.from({ length: 100 }, () => lab.pace.take());
    await lab.feeder.round();
    expect([await released(a), await released(b)]).toEqual([1, 1]);
  });

  it('skips paused numbers, but finds the submissions that lapsed there', async () => {
    await start();
    await lab.ready();
    const sender = await outbox.sender();
    await outbox.run('UPDATE phone_numbers SET paused_at = now() WHERE id = $1', [sender.numberId]);
    await outbox.messages(sender, 5);
    const lapsed = await outbox.message(sender, {
      status: `'sending'`,
      attempt_no: 1,
      attempt_state: `'submitting'`,
      priority: 4,
    });
    await lab.feeder.round();
    expect(await released(sender)).toBe(0);
    expect(await outbox.read(lapsed)).toMatchObject({ status: 'unknown' });
  });

  it('puts what its pair has no room for back until it has, and takes that for no backlog', async () => {
    await start();
    await lab.ready();
    const sender = await outbox.sender({ rate: 1000 });
    const [first = 0, second = 0] = await outbox.messages(sender, 2, { phone: `'15559999'` });
    await outbox.message(sender, { phone: `'15558888'` });
    await lab.slots.holdPair(sender.numberId, '15559999', 20_000);
    await lab.feeder.round();
    expect((await outbox.read(first)).next_in_s).toBeCloseTo(20, 0);
    expect((await outbox.read(second)).next_in_s).toBeCloseTo(26, 0);
    expect(lab.jobs).toHaveLength(1);
    const request = { numberId: sender.numberId, ratePerSecond: 1000, respectBacklog: true };
    const api = await lab.slots.reserve(request, [{ recipient: '15550002', urgent: false }]);
    expect(api.places).toMatchObject([{ kind: 'departs' }]);
  });

  it('restarts a resumed number at a tenth of its rate', async () => {
    await start();
    await lab.ready();
    const sender = await outbox.sender({ rate: 200 });
    await outbox.message(sender);
    await lab.feeder.round();
    await outbox.run('UPDATE phone_numbers SET resumed_at = now() WHERE id = $1', [sender.numberId]);
    await outbox.messages(sender, 50);
    await lab.feeder.round();
    expect((await lab.slots.state(sender.numberId, 200))?.factor).toBeCloseTo(0.1, 1);
    // 19/s: ten in half a second, and one that left before.
    expect(await released(sender)).toBeLessThanOrEqual(12);
  });

  it('comes back when the next message is due', async () => {
    await start();
    await lab.ready();
    await outbox.message(await outbox.sender(), { next_at: `now() + interval '10 seconds'` });
    const { againInMs } = await lab.feeder.round();
    expect(againInMs).toBeGreaterThan(8000);
    expect(againInMs).toBeLessThanOrEqual(10_000);
  });

  it('knows of nothing when there is nothing', async () => {
    await start();
    await lab.ready();
    expect(await lab.feeder.round()).toEqual({ againInMs: null });
  });

  it('leaves everything where it is while Redis is away', async () => {
    await start({ REDIS_URL: 'redis://127.0.0.1:1' });
    const sender = await outbox.sender();
    await outbox.messages(sender, 3);
    await lab.feeder.round();
    expect(await released(sender)).toBe(0);
  });
});

describe('a number that has its hands full', () => {
  const enter = (numberId: number, times: number) =>
    Promise.all(Array.from({ length: times }, () => lab.inFlight.enter(numberId)));

  it('is asked for no more than its free places in this process, and the others are not touched by it', async () => {
    await start({ DELIVERY_CONCURRENCY: '50' });
    await lab.ready();
    const [busy, other] = [await outbox.sender(), await outbox.sender()];
    await outbox.messages(busy, 20);
    await outbox.messages(other, 20);
    await enter(busy.numberId, 7);
    await lab.feeder.round();
    expect(await released(busy)).toBe(3);
    expect(await released(other)).toBe(10);
    await enter(busy.numberId, 3);
    await lab.feeder.round();
    expect(await released(busy)).toBe(3);
  });

  it('has no more in work than leaves in two seconds', async () => {
    await start();
    await lab.ready();
    const slow = await outbox.sender({ rate: 4 });
    await outbox.messages(slow, 20);
    await lab.feeder.round();
    expect(lab.inFlight.room(slow.numberId)).toBe(8);
  });

  it('gets nothing while its breaker is open, but its lapsed submissions are found', async () => {
    await start();
    await lab.ready();
    const [hanging, other] = [await outbox.sender(), await outbox.sender()];
    for (let call = 0; call < 20; call += 1) {
      lab.breakers.enter(hanging.numberId)?.ended({ kind: 'unknown', reason: 'TIMEOUT' });
    }
    await outbox.messages(hanging, 5);
    await outbox.messages(other, 5);
    const lapsed = await outbox.message(hanging, {
      status: `'sending'`,
      attempt_no: 1,
      attempt_state: `'submitting'`,
      priority: 4,
    });
    await lab.feeder.round();
    expect([await released(hanging), await released(other)]).toEqual([0, 5]);
    expect(await outbox.read(lapsed)).toMatchObject({ status: 'unknown' });
  });
});
