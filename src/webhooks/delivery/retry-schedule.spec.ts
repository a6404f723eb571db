import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GIVE_UP_AFTER_MS, nextAttemptAt, retryAfterMs } from './retry-schedule.js';

const FIRST = new Date('2026-01-01T00:00:00Z');
const at = (ms: number): Date => new Date(FIRST.getTime() + ms);
const pauseOf = (attempts: number, afterMs: number, wished: number | null = null, random = 0.5): number | null => {
  const next = nextAttemptAt({ attempts, firstAttemptAt: FIRST, at: at(afterMs), retryAfterMs: wished }, () => random);
  return next && next.getTime() - FIRST.getTime() - afterMs;
};

describe('the next attempt', () => {
  it('follows after 5 s, 30 s, 2 min, 10 min, 30 min, then after an hour', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 70].map((attempts) => pauseOf(attempts, 0))).toEqual([
      5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 3_600_000, 3_600_000,
    ]);
  });

  it('is spread by a tenth once it is hourly, and not before', () => {
    expect([0, 1].map((random) => pauseOf(6, 0, null, random))).toEqual([3_240_000, 3_960_000]);
    expect([0, 1].map((random) => pauseOf(5, 0, null, random))).toEqual([1_800_000, 1_800_000]);
  });

  it('is made at the end of the three days at the latest, and is the last one then', () => {
    expect(pauseOf(71, GIVE_UP_AFTER_MS - 1)).toBe(1);
    expect(pauseOf(71, GIVE_UP_AFTER_MS)).toBeNull();
    expect(pauseOf(1, GIVE_UP_AFTER_MS)).toBeNull();
  });

  it('waits for as long as the receiver wishes, never for less than usual or beyond three days', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 0, max: GIVE_UP_AFTER_MS - 1 }),
        fc.integer({ min: 0, max: 2 * GIVE_UP_AFTER_MS }),
        (attempts, afterMs, wished) => {
          const usual = pauseOf(attempts, afterMs) ?? NaN;
          expect(pauseOf(attempts, afterMs, wished)).toBe(
            Math.min(GIVE_UP_AFTER_MS - afterMs, Math.max(usual, wished)),
          );
        },
      ),
    );
  });
});

describe('Retry-After', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 5 ', 5000],
    ['999999999', 999_999_999_000],
    ['Thu, 01 Jan 2026 00:01:30 GMT', 90_000],
    ['Wed, 31 Dec 2025 23:59:59 GMT', 0],
  ])('%j asks for %i ms', (header, ms) => expect(retryAfterMs(header, now)).toBe(ms));

  it.each([
    undefined,
    '',
    '-1',
    '1.5',
    '1e3',
    '0x10',
    '1234567890',
    'soon',
    '2026-01-01',
    'Thu, 99 Jan 2026 00:00:00 GMT',
  ])('%j asks for nothing', (header) => expect(retryAfterMs(header, now)).toBeNull());
});
