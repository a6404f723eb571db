import type { SqlRunner } from '../../platform/database/postgres.js';
import type { ObservedNumber } from './number-verification.js';

/** Primary key. A field that WhatsApp left out keeps what was known. */
const STORE = `
UPDATE phone_numbers n
   SET display_phone_number = $3, verified_name = coalesce($4, n.verified_name), name_status = coalesce($5, n.name_status),
       rate_per_second = $6, throughput_level = coalesce($7, n.throughput_level),
       quality_rating = coalesce($8, n.quality_rating),
       messaging_limit_tier = coalesce($9, n.messaging_limit_tier), updated_at = now()
 WHERE n.tenant_id = $1 AND n.id = $2
RETURNING old.rate_per_second IS DISTINCT FROM new.rate_per_second
       OR old.quality_rating IS DISTINCT FROM new.quality_rating
       OR old.name_status IS DISTINCT FROM new.name_status
       OR old.messaging_limit_tier IS DISTINCT FROM new.messaging_limit_tier AS changed`;

/** Stores what WhatsApp says of a number, and its tier for the whole portfolio. True: limits or quality changed. */
export async function storeObserved(
  sql: SqlRunner,
  of: { tenantId: number; numberId: number; accountId: number },
  number: ObservedNumber,
): Promise<boolean> {
  const { tenantId, numberId, accountId } = of;
  const [row] = await sql.query<{ changed: boolean }>('observed-number-store', STORE, [
    tenantId,
    numberId,
    number.displayPhoneNumber,
    number.verifiedName,
    number.nameStatus,
    number.ratePerSecond,
    number.throughputLevel,
    number.qualityRating,
    number.messagingLimitTier,
  ]);
  if (number.businessId !== null) {
    await setAccountBusiness(sql, { tenantId, accountId, businessId: number.businessId });
  }
  if (number.messagingLimitTier !== null) {
    await setPortfolioTier(sql, { tenantId, accountId, tier: number.messagingLimitTier });
  }
  return row?.changed === true;
}

/** Says which business owns an account; who counts against the account's limit counts against the portfolio's then. */
export async function setAccountBusiness(
  sql: SqlRunner,
  { tenantId, accountId, businessId }: { tenantId: number; accountId: number; businessId: string },
): Promise<void> {
  await sql.query('account-business', 'SELECT set_account_business($1, $2, $3)', [tenantId, accountId, businessId]);
}

/**
 * A messaging limit belongs to the portfolio: all of the tenant's numbers in it get the tier (index
 * whatsapp_accounts_portfolio). Another tenant's numbers learn it from WhatsApp themselves. False: nothing is there.
 */
export async function setPortfolioTier(
  sql: SqlRunner,
  { tenantId, accountId, tier }: { tenantId: number; accountId: number; tier: string },
): Promise<boolean> {
  const rows = await sql.query(
    'portfolio-tier',
    `UPDATE phone_numbers n
        SET messaging_limit_tier = $3,
            updated_at = CASE WHEN n.messaging_limit_tier IS DISTINCT FROM $3 THEN now() ELSE n.updated_at END
       FROM whatsapp_accounts told
       JOIN whatsapp_accounts a ON a.portfolio = told.portfolio AND a.tenant_id = told.tenant_id
      WHERE told.tenant_id = $1 AND told.id = $2 AND n.account_id = a.id AND n.tenant_id = $1
     RETURNING n.id`,
    [tenantId, accountId, tier],
  );
  return rows.length > 0;
}
