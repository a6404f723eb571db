import type { UsageDto } from './dto/account-usage.dto.js';

/** How much of a limit is used. `limit` -1: unlimited; null: no plan says. More than the limit may be in use. */
export function usageOf(current: number, limit: number | null): UsageDto {
  if (limit === null) return { current, limit: null, remaining: null, percentage_used: 0, is_unlimited: false };
  if (limit < 0) return { current, limit: -1, remaining: null, percentage_used: 0, is_unlimited: true };
  return {
    current,
    limit,
    remaining: Math.max(0, limit - current),
    percentage_used: percentage(current, limit),
    is_unlimited: false,
  };
}

/** 0 to 100, with two decimals. */
function percentage(current: number, limit: number): number {
  if (current <= 0) return 0;
  if (current >= limit) return 100;
  return Math.round((current / limit) * 10_000) / 100;
}
