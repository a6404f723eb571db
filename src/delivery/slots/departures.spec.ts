import { jest } from '@jest/globals';
import { Departures } from './departures.js';

describe('waiting for departures', () => {
  let departures: Departures;
  beforeEach(() => {
    jest.useFakeTimers();
    departures = new Departures();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** When each wait ended, milliseconds from now; those that took no time at all: 0. */
  const endsOf = async (waits: (() => Promise<boolean>)[]): Promise<number[]> => {
    const begin = performance.now();
    const ends = waits.map((wait) => wait().then(() => performance.now() - begin));
    await jest.advanceTimersByTimeAsync(1000);
    return Promise.all(ends);
  };

  it('lets what is due go at once', async () => {
    expect(await Promise.all([departures.wait(0), departures.wait(-30)])).toEqual([true, true]);
  });

  it('takes the time until the departure, no more and no less', async () => {
    const gone: boolean[] = [];
    void departures.wait(100).then((there) => gone.push(there));
    await jest.advanceTimersByTimeAsync(99);
    expect(gone).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(gone).toEqual([true]);
    expect(await endsOf([10, 25].map((ms) => () => departures.wait(ms)))).toEqual([10, 25]);
  });

  it('lets steps that may be early begin together, none of them late and none much too early', async () => {
    const wanted = Array.from({ length: 100 }, (_, index) => 100 + index * 3);
    const ends = await endsOf(wanted.map((ms) => () => departures.waitTogether(ms)));
    ends.forEach((end, index) => {
      expect(end).toBeLessThanOrEqual(wanted[index] ?? 0);
      // A timer takes whole milliseconds.
      expect(end).toBeGreaterThan((wanted[index] ?? 0) - 42);
    });
    // 300 ms, at moments 40 ms apart.
    expect(new Set(ends).size).toBeLessThanOrEqual(9);
  });

  it('does not wait for what should have begun', async () => {
    expect(await endsOf([-5, 0].map((ms) => () => departures.waitTogether(ms)))).toEqual([0, 0]);
  });

  it('ends every wait when the worker stops, begins none afterwards, and leaves no timer', async () => {
    const waits = [departures.wait(500), departures.waitTogether(500)];
    departures.stop();
    expect(await Promise.all([...waits, departures.wait(1), departures.wait(-1)])).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
