import { setTimeout as pause } from 'node:timers/promises';
import { LoopStalls } from './loop-stalls.js';

describe('the stalls of the loop', () => {
  let stalls: LoopStalls;

  beforeEach(() => {
    stalls = new LoopStalls();
  });
  afterEach(() => stalls.stop());

  it('tell from when until when this process was kept from its work', async () => {
    await pause(20);
    const from = performance.timeOrigin + performance.now();
    while (performance.timeOrigin + performance.now() < from + 120);
    const until = performance.timeOrigin + performance.now();
    const longest = stalls.list().sort((a, b) => b.until - b.from - (a.until - a.from))[0];
    expect(longest?.from).toBeLessThanOrEqual(from);
    expect(longest?.until).toBeGreaterThanOrEqual(until);
  });
});
