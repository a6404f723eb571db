import type { SqlRunner } from '../../../platform/database/postgres.js';
import { pauseAccount } from '../../connection/phone-number-state.js';
import { setPortfolioTier } from '../../connection/observed-numbers.js';
import type { AccountItem, NumberLimitsItem } from '../body/items.js';
import type { RoutedAccount } from './routes.js';
import { changeTemplate, editTemplate } from './template-changes.js';

/** Messages a second after an upgrade, and what WhatsApp calls that level (WhatsApp, "Throughput"). */
const HIGH_THROUGHPUT = { ratePerSecond: 1000, level: 'HIGH' } as const;

/** What an account-level change did. */
export interface AccountChangeResult {
  /** False: it is about a number or template that we do not have, or changed nothing. */
  readonly applied: boolean;
  /** phone_number_id of the numbers that were paused now. */
  readonly paused: readonly string[];
}

/** Applies one account-level change. They are rare, so each is a statement of its own. */
export async function applyAccountChange(
  sql: SqlRunner,
  item: AccountItem,
  account: RoutedAccount,
): Promise<AccountChangeResult> {
  switch (item.kind) {
    case 'account_pause': {
      const numbers = await pauseAccount(sql, account, { code: null, reason: `WhatsApp reported ${item.event}` });
      return { applied: numbers.length > 0, paused: numbers.map((number) => number.phone_number_id) };
    }
    case 'number_limits':
      return { applied: await setLimits(sql, item, account), paused: [] };
    case 'portfolio_limit':
      return { applied: await setPortfolioTier(sql, { ...account, tier: item.messagingLimitTier }), paused: [] };
    case 'template_status':
      return { applied: await changeTemplate(sql, item, account, { status: item.status }), paused: [] };
    case 'template_quality':
      return { applied: await changeTemplate(sql, item, account, { quality: item.quality }), paused: [] };
    case 'template_category':
      return { applied: await changeTemplate(sql, item, account, { category: item.category }), paused: [] };
    case 'template_components':
      return { applied: await editTemplate(sql, item, account), paused: [] };
  }
}

/** The change names the number as people write it, so digits are compared. */
async function setLimits(sql: SqlRunner, item: NumberLimitsItem, account: RoutedAccount): Promise<boolean> {
  const upgrade = item.throughputUpgraded ? HIGH_THROUGHPUT : null;
  const rows = await sql.query(
    'webhook-number-limits',
    `UPDATE phone_numbers
        SET rate_per_second = GREATEST(rate_per_second, $4),
            throughput_level = coalesce($5, throughput_level),
            messaging_limit_tier = coalesce($6, messaging_limit_tier),
            updated_at = now()
      WHERE tenant_id = $1 AND account_id = $2 AND regexp_replace(display_phone_number, '\\D', '', 'g') = $3
     RETURNING id`,
    [
      account.tenantId,
      account.accountId,
      item.displayPhoneNumber.replace(/\D/g, ''),
      upgrade?.ratePerSecond ?? null,
      upgrade?.level ?? null,
      item.messagingLimitTier,
    ],
  );
  if (rows.length === 0) return false;
  // The tier is the portfolio's, whichever of its numbers was told about it.
  if (item.messagingLimitTier !== null) await setPortfolioTier(sql, { ...account, tier: item.messagingLimitTier });
  return true;
}
