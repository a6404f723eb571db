import { classify } from './classify.js';
import { ERROR_TABLE } from './error-table.js';
import { retryDelayMs } from './retry-delay.js';

const ALMOST_ONE = 1 - 2 ** -53;
const seconds = (code: number, retryNo: number, random: number): number =>
  retryDelayMs(classify(code, null), retryNo, random) / 1000;
const bounds = (code: number, retries: number): number[] =>
  Array.from({ length: retries }, (_, index) => seconds(code, index + 1, ALMOST_ONE));

describe('the wait before a retry', () => {
  it.each([
    [1, [2, 8]],
    [2, [30, 300, 300]],
    [130429, [1, 2, 4, 8, 16, 32, 60, 60]],
    [131000, [2, 8, 32]],
    [131016, [2, 8, 32, 32, 32]],
    [133004, [30, 120, 300, 300]],
  ])('of %d is drawn below %p seconds', (code, expected) => {
    expect(bounds(code, expected.length)).toEqual(expected);
    expect(seconds(code, 1, 0)).toBe(0);
    expect(seconds(code, 1, 0.5)).toBe((expected[0] ?? NaN) / 2);
  });

  it('of the pair limit is exactly 4^X seconds, whatever is drawn, up to 256', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map((retryNo) => seconds(131056, retryNo, 0))).toEqual([1, 4, 16, 64, 256, 256, 256]);
    expect(seconds(131056, 3, ALMOST_ONE)).toBe(16);
  });

  it.each([
    [4, 300],
    [80007, 300],
    [80008, 300],
    [131057, 60],
    [133015, 300],
    [134101, 600],
    [2494100, 180],
  ])('of %d is at least %d seconds, and at most a tenth more', (code, least) => {
    expect(seconds(code, 1, 0)).toBe(least);
    expect(seconds(code, 9, 0)).toBe(least);
    expect(seconds(code, 1, ALMOST_ONE)).toBeCloseTo(least * 1.1, 3);
  });

  it('of an unknown error of the server side is drawn below 2, 8 and 32 seconds', () => {
    const unknown = classify(987_654, 503);
    expect([1, 2, 3].map((retryNo) => retryDelayMs(unknown, retryNo, ALMOST_ONE))).toEqual([2000, 8000, 32_000]);
  });

  it('never begins above what the table says, for any code', () => {
    for (const [code, row] of ERROR_TABLE) {
      if (row.class !== 'retry') continue;
      expect(seconds(code, 1, 0)).toBeLessThanOrEqual(row.waitSeconds ?? NaN);
      expect(seconds(code, 1, ALMOST_ONE)).toBeGreaterThanOrEqual(row.waitSeconds ?? NaN);
    }
  });
});

describe('a wait that makes no sense', () => {
  it.each([131026, 190, 131047])('is refused for %d, which is not to be tried again', (code) => {
    expect(() => seconds(code, 1, 0)).toThrow(RangeError);
  });

  it.each([0, -1, 1.5, NaN])('is refused for retry number %p', (retryNo) => {
    expect(() => seconds(131000, retryNo, 0)).toThrow(RangeError);
  });
});
