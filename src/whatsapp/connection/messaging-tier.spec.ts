import { reportedTier, tierLimit } from './messaging-tier.js';

describe('the limit of a messaging tier', () => {
  it.each([
    ['TIER_50', 50],
    ['TIER_250', 250],
    ['TIER_1K', 1000],
    ['TIER_2K', 2000],
    ['TIER_10K', 10_000],
    ['TIER_100K', 100_000],
    ['TIER_1M', 1_000_000],
    ['TIER_UNLIMITED', 'unlimited'],
    ['TIER_NOT_SET', null],
    ['TIER_', null],
    ['TIER_2K5', null],
    ['2000', null],
    [null, null],
  ])('of %p is %p', (tier, limit) => {
    expect(tierLimit(tier)).toBe(limit);
  });
});

describe('the tier that a webhook names', () => {
  it.each<[unknown, string | null]>([
    ['TIER_2K', 'TIER_2K'],
    ['TIER_UNLIMITED', 'TIER_UNLIMITED'],
    [-1, 'TIER_UNLIMITED'],
    [250, 'TIER_250'],
    [2000, 'TIER_2K'],
    [100_000, 'TIER_100K'],
    ['TIER_NOT_SET', null],
    ['2000', null],
    [0, null],
    [-2, null],
    [1.5, null],
    [10_000_000, null],
    [null, null],
    [{}, null],
  ])('as %p is %p', (value, tier) => {
    expect(reportedTier(value)).toBe(tier);
  });
});
