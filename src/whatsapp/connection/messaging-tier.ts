const TIER = /^TIER_(\d{1,7})(K|M)?$/;
const THOUSANDS = { K: 1000, M: 1_000_000 } as const;

/**
 * How many unique people a portfolio may send templates to in rolling 24 hours outside their service windows, by the
 * name of its tier (WhatsApp, "Messaging limits"). Null: the tier is not known, or does not say (TIER_NOT_SET).
 */
export function tierLimit(tier: string | null): number | 'unlimited' | null {
  if (tier === 'TIER_UNLIMITED') return 'unlimited';
  const [, digits, unit] = TIER.exec(tier ?? '') ?? [];
  if (digits === undefined) return null;
  return Number(digits) * (unit === 'K' || unit === 'M' ? THOUSANDS[unit] : 1);
}

/**
 * The tier's name in a webhook: WhatsApp writes `TIER_2K`, and in `business_capability_update` also 2000, or -1 for
 * unlimited. Null: it names none.
 */
export function reportedTier(value: unknown): string | null {
  if (typeof value === 'string') return value === 'TIER_UNLIMITED' || TIER.test(value) ? value : null;
  if (value === -1) return 'TIER_UNLIMITED';
  if (typeof value !== 'number' || !Number.isInteger(value) || value <= 0 || value >= 10_000_000) return null;
  return value % 1000 === 0 ? `TIER_${value / 1000}K` : `TIER_${value}`;
}
