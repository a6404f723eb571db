import { jest } from '@jest/globals';
import { NoTurnError, TenantTurns } from './tenant-turns.js';

/** Work that goes on until it is told to end. */
function held() {
  let end!: () => void;
  let fail!: (error: Error) => void;
  const ended = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  return { work: () => ended, end, fail };
}

/** Lets everything happen that waits for nothing. */
const settle = () => new Promise<void>((resolve) => process.nextTick(() => queueMicrotask(resolve)));

describe('TenantTurns', () => {
  it('runs so many of a tenant at once, and the others in the order in which they came', async () => {
    const turns = new TenantTurns(2, 1000);
    const begun: number[] = [];
    const works = Array.from({ length: 5 }, () => held());
    const runs = works.map(({ work }, index) =>
      turns.run(1, () => {
        begun.push(index);
        return work();
      }),
    );
    await settle();
    expect(begun).toEqual([0, 1]);
    works[1]?.end();
    await runs[1];
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    for (const { end } of works) end();
    await Promise.all(runs);
    expect(begun).toEqual([0, 1, 2, 3, 4]);
  });

  it('lets one tenant not wait for another', async () => {
    const turns = new TenantTurns(1, 1000);
    const busy = held();
    const first = turns.run(1, busy.work);
    await expect(turns.run(2, () => Promise.resolve('done'))).resolves.toBe('done');
    busy.end();
    await first;
  });

  it('passes the turn on when work fails, and answers its error', async () => {
    const turns = new TenantTurns(1, 1000);
    const failing = held();
    const first = turns.run(1, failing.work);
    const second = turns.run(1, () => Promise.resolve('done'));
    failing.fail(new Error('no'));
    await expect(first).rejects.toThrow('no');
    await expect(second).resolves.toBe('done');
    await expect(turns.run(1, () => Promise.resolve('again'))).resolves.toBe('again');
  });

  describe('when a turn does not come', () => {
    beforeEach(() => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    });
    afterEach(() => {
      jest.useRealTimers();
    });

    it('gives up after the time that it waits at most, and not before', async () => {
      const turns = new TenantTurns(1, 1000);
      const busy = held();
      const first = turns.run(1, busy.work);
      const late = jest.fn<() => Promise<void>>();
      const refused = turns.run(1, late).catch((error: unknown) => error);
      let isRefused = false;
      void refused.then(() => (isRefused = true));
      await jest.advanceTimersByTimeAsync(999);
      expect(isRefused).toBe(false);
      await jest.advanceTimersByTimeAsync(1);
      expect(await refused).toBeInstanceOf(NoTurnError);
      busy.end();
      await first;
      expect(late).not.toHaveBeenCalled();
      await expect(turns.run(1, () => Promise.resolve('done'))).resolves.toBe('done');
      expect(jest.getTimerCount()).toBe(0);
    });
  });
});
