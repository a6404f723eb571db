import { describe, expect, it } from '@jest/globals';
import { usageOf } from './usage-of.js';

describe('usageOf', () => {
  it.each([
    ['nothing used', 0, 1000, { remaining: 1000, percentage_used: 0 }],
    ['two decimals', 1, 3, { remaining: 2, percentage_used: 33.33 }],
    ['one place left', 999, 1000, { remaining: 1, percentage_used: 99.9 }],
    ['full', 1000, 1000, { remaining: 0, percentage_used: 100 }],
    ['more than allowed', 1001, 1000, { remaining: 0, percentage_used: 100 }],
    ['nothing allowed, nothing used', 0, 0, { remaining: 0, percentage_used: 0 }],
    ['nothing allowed, one used', 1, 0, { remaining: 0, percentage_used: 100 }],
  ])('%s', (_, current, limit, expected) => {
    expect(usageOf(current, limit)).toEqual({ current, limit, is_unlimited: false, ...expected });
  });

  it('has no end when unlimited', () => {
    expect(usageOf(7, -1)).toEqual({ current: 7, limit: -1, remaining: null, percentage_used: 0, is_unlimited: true });
  });

  it('says null where no plan says anything', () => {
    expect(usageOf(7, null)).toEqual({
      current: 7,
      limit: null,
      remaining: null,
      percentage_used: 0,
      is_unlimited: false,
    });
  });
});
