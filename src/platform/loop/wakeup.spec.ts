import { Wakeup } from './wakeup.js';

const LONG_MS = 60_000;

describe('Wakeup', () => {
  it('wakes every loop that sleeps', async () => {
    const wakeup = new Wakeup(2);
    const sleeping = Promise.all([wakeup.wait(LONG_MS), wakeup.wait(LONG_MS)]);
    wakeup.wake();
    await sleeping;
  });

  it('keeps a wake-up for loops that are at work, one each', async () => {
    const wakeup = new Wakeup(2);
    wakeup.wake();
    await wakeup.wait(LONG_MS);
    await wakeup.wait(LONG_MS);
    const started = performance.now();
    await wakeup.wait(20);
    expect(performance.now() - started).toBeGreaterThan(15);
  });

  it('resolves by itself when its time is up', async () => {
    await new Wakeup(1).wait(1);
  });
});
