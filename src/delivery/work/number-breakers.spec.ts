import { jest } from '@jest/globals';
import type { Log } from '../../platform/logging/log.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import type { RateSlots } from '../../platform/queue/rate-slots.js';
import type { SendResult } from '../../whatsapp/client/send-result.js';
import { NumberBreakers } from './number-breakers.js';

const ACCEPTED: SendResult = { kind: 'accepted', wamid: 'wamid.1' };
const TIMED_OUT: SendResult = { kind: 'unknown', reason: 'TIMEOUT' };
const NOT_CONNECTED: SendResult = { kind: 'not_written', reason: 'CONNECT_TIMEOUT' };
const RESET: SendResult = { kind: 'unknown', reason: 'ECONNRESET' };

function breakersOf() {
  const holds: { numberId: number; holdMs: number }[] = [];
  const restarts: number[] = [];
  const slots = {
    openBreaker: (numberId: number, holdMs: number) => Promise.resolve(holds.push({ numberId, holdMs })),
    closeBreaker: (numberId: number) => Promise.resolve(restarts.push(numberId)),
  } as unknown as RateSlots;
  const log = { warn: jest.fn(), info: jest.fn(), debug: jest.fn() };
  const metrics = new Metrics();
  const breakers = new NumberBreakers(slots, metrics, log as unknown as Log);
  const call = (numberId: number, result: SendResult): boolean => {
    const pass = breakers.enter(numberId);
    pass?.ended(result);
    pass?.leave();
    return pass !== null;
  };
  const calls = (numberId: number, result: SendResult, times: number): void => {
    for (let time = 0; time < times; time += 1) call(numberId, result);
  };
  return { breakers, metrics, holds, restarts, log, call, calls };
}

describe("a number's breaker", () => {
  let now = 0;
  beforeEach(() => {
    now = 5000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => jest.restoreAllMocks());

  it('opens after 20 time-outs in a row, however the calls hung, and holds the number back for all', () => {
    const { breakers, calls, call, holds, log } = breakersOf();
    calls(1, TIMED_OUT, 10);
    calls(1, NOT_CONNECTED, 9);
    expect(breakers.room(1)).toBe(Infinity);
    call(1, TIMED_OUT);
    expect(breakers.room(1)).toBe(0);
    expect(breakers.enter(1)).toBeNull();
    expect(holds).toMatchObject([{ numberId: 1, holdMs: 10_000 }]);
    expect(log.warn).toHaveBeenCalledTimes(1);
    expect(breakers.room(2)).toBe(Infinity);
  });

  it.each([
    ['an answer', ACCEPTED],
    ['a broken connection', RESET],
  ])('counts anew after %s', (_name, result) => {
    const { breakers, calls, call } = breakersOf();
    calls(1, TIMED_OUT, 19);
    call(1, result);
    calls(1, TIMED_OUT, 19);
    expect(breakers.room(1)).toBe(Infinity);
  });

  it('lets one probe through after the wait; an answer closes it, and the number starts gently', () => {
    const { breakers, calls, log, restarts } = breakersOf();
    calls(1, TIMED_OUT, 20);
    now += 9999;
    expect(breakers.enter(1)).toBeNull();
    now += 1;
    expect(breakers.room(1)).toBe(1);
    const probe = breakers.enter(1);
    expect(breakers.room(1)).toBe(0);
    expect(breakers.enter(1)).toBeNull();
    expect(restarts).toEqual([]);
    probe?.ended(ACCEPTED);
    probe?.leave();
    expect(breakers.room(1)).toBe(Infinity);
    expect(log.info).toHaveBeenCalledTimes(1);
    expect(restarts).toEqual([1]);
  });

  it.each([
    ['times out', TIMED_OUT],
    ['breaks', RESET],
  ])('waits twice as long after a probe that %s, up to five minutes', (_name, result) => {
    const { breakers, calls, call, holds } = breakersOf();
    calls(1, TIMED_OUT, 20);
    for (const wait of [10, 20, 40, 80, 160, 300, 300]) {
      now += wait * 1000 - 1;
      expect(breakers.room(1)).toBe(0);
      now += 1;
      expect(call(1, result)).toBe(true);
    }
    expect(holds.map(({ holdMs }) => holdMs / 1000)).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it('tries another message when the probe came to no call', () => {
    const { breakers, calls } = breakersOf();
    calls(1, TIMED_OUT, 20);
    now += 10_000;
    breakers.enter(1)?.leave();
    expect(breakers.room(1)).toBe(1);
  });

  it('is not opened again by calls that hung before it opened, and is closed by one that was answered after all', () => {
    const { breakers, calls, holds } = breakersOf();
    const [late, answered] = [breakers.enter(1), breakers.enter(1)];
    calls(1, TIMED_OUT, 20);
    now += 10_000;
    late?.ended(TIMED_OUT);
    late?.leave();
    expect(holds).toHaveLength(1);
    expect(breakers.room(1)).toBe(1);
    answered?.ended(ACCEPTED);
    expect(breakers.room(1)).toBe(Infinity);
  });

  it('is seen in the metrics while it is open', async () => {
    const { metrics, calls, call } = breakersOf();
    calls(1, TIMED_OUT, 20);
    calls(2, TIMED_OUT, 19);
    expect((await metrics.scrape()).text).toContain('rasl_number_breakers_open 1\n');
    now += 10_000;
    call(1, ACCEPTED);
    const { text } = await metrics.scrape();
    expect(text).toContain('rasl_number_breakers_open 0\n');
    expect(text).toContain('rasl_number_breaker_changes_total{state="open"} 1\n');
    expect(text).toContain('rasl_number_breaker_changes_total{state="closed"} 1\n');
  });
});
