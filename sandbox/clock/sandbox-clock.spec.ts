import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { SandboxClock } from './sandbox-clock.js';
import { TaskHeap } from './task-heap.js';

describe('TaskHeap', () => {
  it('gives tasks back by due time, and by arrival within one moment', () => {
    const heap = new TaskHeap();
    const dues = [5, 3, 9, 3, 1, 7, 5, 2, 8, 3];
    dues.forEach((due, order) => heap.push({ due, order, cancelled: false, run: () => undefined }));
    const out: [number, number][] = [];
    for (let task = heap.pop(); task !== undefined; task = heap.pop()) out.push([task.due, task.order]);
    const expected = dues
      .map((due, order): [number, number] => [due, order])
      .sort((left, right) => left[0] - right[0] || left[1] - right[1]);
    expect(out).toEqual(expected);
  });
});

describe('SandboxClock', () => {
  const clocks: SandboxClock[] = [];
  const makeClock = (): SandboxClock => {
    const clock = new SandboxClock();
    clocks.push(clock);
    return clock;
  };
  afterEach(() => {
    for (const clock of clocks.splice(0)) clock.stop();
  });

  it('runs what became due on the way, in order, with the time it was due', () => {
    const clock = makeClock();
    clock.freeze();
    const start = clock.now();
    const seen: number[] = [];
    clock.schedule(start + 2000, (due) => seen.push(due - start));
    clock.schedule(start + 1000, (due) => {
      seen.push(due - start);
      clock.schedule(due + 500, (next) => seen.push(next - start));
    });
    clock.advance(1999);
    expect(seen).toEqual([1000, 1500]);
    clock.advance(1);
    expect(seen).toEqual([1000, 1500, 2000]);
    expect(clock.now()).toBe(start + 2000);
  });

  it('stands still while it is frozen and runs on from there', async () => {
    const clock = makeClock();
    clock.freeze();
    const start = clock.now();
    const ran = new Promise<number>((resolve) => clock.schedule(start + 20, resolve));
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(clock.now()).toBe(start);
    expect(clock.waiting).toBe(1);
    clock.unfreeze();
    expect(await ran).toBe(start + 20);
    expect(clock.now() - start).toBeLessThan(5000);
  });

  it('runs what is due already, also while it is frozen', async () => {
    const clock = makeClock();
    clock.freeze();
    const now = clock.now();
    expect(await new Promise((resolve) => clock.schedule(now, resolve))).toBe(now);
  });

  it('does not run a cancelled task', () => {
    const clock = makeClock();
    const run = jest.fn();
    clock.schedule(clock.now() + 1000, run).cancelled = true;
    clock.advance(2000);
    expect(run).not.toHaveBeenCalled();
  });

  it('is never moved back', () => {
    expect(() => makeClock().advance(-1)).toThrow(RangeError);
  });

  it('uses one timer for any number of tasks', () => {
    const armed = jest.spyOn(globalThis, 'setTimeout');
    const clock = makeClock();
    const start = clock.now();
    for (let index = 0; index < 1000; index++) clock.schedule(start + 60_000 + index, () => undefined);
    expect(armed).toHaveBeenCalledTimes(1);
    armed.mockRestore();
  });
});
