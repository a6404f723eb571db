import { Injectable } from '@nestjs/common';
import { Postgres } from '../../platform/database/postgres.js';

/**
 * Calls in an hour that reading templates may make for one account. WhatsApp allows 200 management calls ("Business
 * Management API" rate limits; 5,000 once a number is registered); the rest is for reading the numbers' state.
 */
export const CALLS_PER_HOUR = 100;
const HOUR_S = 3600;
const CALL_S = HOUR_S / CALLS_PER_HOUR;

/** The account's management calls are used up for now. */
export class ManagementLimitError extends Error {
  constructor(
    /** Seconds until another call may be made; at least 1. */
    readonly retryAfterS: number,
  ) {
    super(`WhatsApp's limit of management calls is used up; try again in ${retryAfterS} seconds`);
  }
}

export interface BudgetedAccount {
  readonly tenantId: number;
  /** whatsapp_accounts.id */
  readonly accountId: number;
}

/**
 * Management calls of WhatsApp accounts, counted in Postgres for all processes: as GCRA, in one column. Each call
 * charges the account with its share of an hour; what it is charged with may reach one hour ahead.
 */
@Injectable()
export class ManagementBudget {
  constructor(private readonly postgres: Postgres) {}

  /** To be called before each call. @throws ManagementLimitError */
  async charge({ tenantId, accountId }: BudgetedAccount): Promise<void> {
    const [account] = await this.postgres.query<{ wait_s: number | null }>(
      'management-charge',
      `WITH account AS MATERIALIZED (
         SELECT id, GREATEST(management_charged_until, now()) + $3 * interval '1 second' AS until
           FROM whatsapp_accounts WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE),
       charged AS (
         UPDATE whatsapp_accounts w SET management_charged_until = a.until
           FROM account a WHERE w.tenant_id = $1 AND w.id = a.id AND a.until <= now() + $4 * interval '1 second'
         RETURNING w.id)
       SELECT CASE WHEN EXISTS (SELECT FROM charged) THEN NULL
                   ELSE ceil(extract(epoch FROM a.until - now()) - $4)::int END AS wait_s
         FROM account a`,
      [tenantId, accountId, CALL_S, HOUR_S],
    );
    if (account && account.wait_s !== null) throw new ManagementLimitError(Math.max(1, account.wait_s));
  }

  /** WhatsApp has said that it is enough: no call for that long. */
  async exhaust({ tenantId, accountId }: BudgetedAccount, seconds: number): Promise<void> {
    await this.postgres.query(
      'management-exhaust',
      `UPDATE whatsapp_accounts
          SET management_charged_until = GREATEST(management_charged_until, now() + $3 * interval '1 second')
        WHERE tenant_id = $1 AND id = $2`,
      [tenantId, accountId, HOUR_S - CALL_S + seconds],
    );
  }
}
