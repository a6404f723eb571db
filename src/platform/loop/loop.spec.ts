import { setImmediate as turn } from 'node:timers/promises';
import { Loop, type LoopOptions } from './loop.js';

const HOUR_MS = 3_600_000;

let warnings: unknown[][];
let loop: Loop;
const loopOf = (options: Partial<LoopOptions> & Pick<LoopOptions, 'run'>): Loop => {
  warnings = [];
  const log = { warn: (...line: unknown[]) => void warnings.push(line) };
  return (loop = new Loop({ afterFailureMs: 0, failed: 'a run failed', ...options }, log));
};
afterEach(() => loop.stop());

/** Runs that last until they are told to end. */
class HeldRuns {
  count = 0;
  private end: (() => void) | undefined;
  private begun: (() => void) | undefined;

  readonly run = async (): Promise<number> => {
    this.count += 1;
    this.begun?.();
    await new Promise<void>((resolve) => (this.end = resolve));
    return 0;
  };

  /** Ends the present run. */
  finish(): void {
    this.end?.();
  }

  next(): Promise<void> {
    return new Promise((resolve) => (this.begun = resolve));
  }
}

/** Starts a loop whose runs answer or throw what `runs` holds; resolves with when each began, once it is used up. */
const timesOf = (runs: (number | Error)[], options: Partial<LoopOptions> = {}): Promise<number[]> =>
  new Promise((resolve) => {
    const begun: number[] = [];
    const run = (): Promise<number> => {
      begun.push(performance.now());
      const answer = runs[begun.length - 1];
      if (answer instanceof Error) return Promise.reject(answer);
      if (answer === undefined) resolve(begun);
      return Promise.resolve(answer ?? HOUR_MS);
    };
    loopOf({ run, ...options }).start();
  });

describe('a loop', () => {
  it('never has two runs at once', async () => {
    const runs = new HeldRuns();
    loopOf(runs).start();
    expect(() => loop.start()).toThrow('started before');
    for (let turns = 0; turns < 20; turns += 1) await turn();
    expect(runs.count).toBe(1);
    const second = runs.next();
    runs.finish();
    await second;
    expect(runs.count).toBe(2);
    const stopped = loop.stop();
    runs.finish();
    await stopped;
  });

  it('pauses for as long as each run says', async () => {
    const [first = NaN, second = NaN, third = NaN] = await timesOf([60, 20]);
    // A timer may come up to a millisecond early.
    expect(second - first).toBeGreaterThan(58);
    expect(third - second).toBeGreaterThan(18);
    expect(warnings).toEqual([]);
  });

  it('runs at once at first, or after the first pause', async () => {
    const begun = performance.now();
    const [first = NaN] = await timesOf([], { firstPauseMs: 40 });
    expect(first - begun).toBeGreaterThan(38);
    await loop.stop();
    const runs = new HeldRuns();
    loopOf(runs).start();
    expect(runs.count).toBe(1);
    runs.finish();
  });

  it('logs a run that fails and goes on after the pause for that', async () => {
    const error = new Error('away');
    const [first = NaN, second = NaN] = await timesOf([error], { afterFailureMs: 40 });
    expect(second - first).toBeGreaterThan(38);
    expect(warnings).toEqual([[{ err: error }, 'a run failed']]);
  });

  it('also goes on when a run fails before its first wait', async () => {
    let count = 0;
    await new Promise<void>((resolve) => {
      loopOf({
        run: () => {
          count += 1;
          if (count === 1) throw new Error('at once');
          resolve();
          return Promise.resolve(HOUR_MS);
        },
      }).start();
    });
    expect(warnings).toHaveLength(1);
  });
});

describe('stopping a loop', () => {
  it('waits for the run under way, and begins no other', async () => {
    const runs = new HeldRuns();
    loopOf(runs).start();
    let stopped = false;
    const stopping = loop.stop().then(() => (stopped = true));
    for (let turns = 0; turns < 20; turns += 1) await turn();
    expect(stopped).toBe(false);
    runs.finish();
    await stopping;
    expect(runs.count).toBe(1);
  });

  it('ends a pause at once: after a run, before the first, and within one', async () => {
    await timesOf([]);
    // The pause after the run has begun then.
    await turn();
    await loop.stop();
    let count = 0;
    loopOf({ run: () => Promise.resolve((count += 1)), firstPauseMs: HOUR_MS }).start();
    await loop.stop();
    expect(count).toBe(0);
    loopOf({
      run: async (stopping) => {
        await loop.pause(HOUR_MS);
        count += stopping.aborted ? 10 : 1;
        return 0;
      },
    });
    loop.start();
    await loop.stop();
    expect(count).toBe(10);
    expect(warnings).toEqual([]);
  });

  it('before the start keeps it from ever running', async () => {
    const runs = new HeldRuns();
    loopOf(runs);
    await loop.stop();
    loop.start();
    await loop.stop();
    expect(runs.count).toBe(0);
  });
});
