import type { SqlRunner } from '../../platform/database/postgres.js';
import type { ErrorClassification } from '../errors/classify.js';

/** Why a number must not send any more: WhatsApp's error code (none for account events) and words for people. */
export interface PauseReason {
  readonly code: number | null;
  readonly reason: string;
}

/** A fault seen on one number; it may concern all numbers of the account. */
export interface NumberFault extends PauseReason {
  readonly tenantId: number;
  /** phone_numbers.id */
  readonly numberId: number;
  readonly wholeAccount: boolean;
}

/** A number that changed between paused and not paused. */
export interface ChangedNumber {
  readonly id: number;
  readonly tenant_id: number;
  readonly phone_number_id: string;
}

/** A faulty token or account stops every number of the account; everything else the one number. */
export const concernsWholeAccount = ({ scope }: ErrorClassification): boolean => scope === 'token' || scope === 'waba';

/**
 * Pauses the numbers of many faults in one statement. A number that is paused already keeps its first reason: what
 * follows is mostly its consequence. Rows are locked in order of id, so groups never deadlock.
 * @returns the numbers that were paused now (alert on these)
 */
export async function pauseNumbers(sql: SqlRunner, faults: readonly NumberFault[]): Promise<ChangedNumber[]> {
  if (faults.length === 0) return [];
  return sql.query<ChangedNumber>('phone-numbers-pause', PAUSE_FAULTS, [
    faults.map((fault) => fault.tenantId),
    faults.map((fault) => fault.numberId),
    faults.map((fault) => fault.wholeAccount),
    faults.map((fault) => fault.code),
    faults.map((fault) => fault.reason),
  ]);
}

// Indexes: phone_numbers_pkey for the faulty ones, phone_numbers_account for their siblings.
const PAUSE_FAULTS = `
WITH fault AS (
  SELECT DISTINCT ON (target.id) target.id, f.code, f.reason
  FROM unnest($1::integer[], $2::integer[], $3::boolean[], $4::integer[], $5::text[])
       WITH ORDINALITY AS f (tenant_id, number_id, whole_account, code, reason, position)
  JOIN phone_numbers origin ON origin.id = f.number_id AND origin.tenant_id = f.tenant_id
  JOIN phone_numbers target ON target.account_id = origin.account_id AND target.tenant_id = f.tenant_id
                           AND (f.whole_account OR target.id = origin.id)
  ORDER BY target.id, f.position
), locked AS (
  SELECT n.id FROM phone_numbers n WHERE n.id IN (SELECT id FROM fault) AND n.paused_at IS NULL ORDER BY n.id FOR NO KEY UPDATE
)
UPDATE phone_numbers n
SET paused_at = now(), paused_code = fault.code, paused_reason = fault.reason, updated_at = now()
FROM fault JOIN locked USING (id)
WHERE n.id = fault.id AND n.paused_at IS NULL
RETURNING n.id, n.tenant_id, n.phone_number_id`;

/** Pauses all numbers of an account (whatsapp_accounts.id), for account events of WhatsApp. */
export function pauseAccount(
  sql: SqlRunner,
  account: { tenantId: number; accountId: number },
  { code, reason }: PauseReason,
): Promise<ChangedNumber[]> {
  return sql.query<ChangedNumber>(
    'phone-numbers-pause-account',
    `UPDATE phone_numbers
     SET paused_at = now(), paused_code = $3, paused_reason = $4, updated_at = now()
     WHERE tenant_id = $1 AND account_id = $2 AND paused_at IS NULL
     RETURNING id, tenant_id, phone_number_id`,
    [account.tenantId, account.accountId, code, reason],
  );
}

/**
 * Lets paused numbers send again; those of `numberIds` (phone_numbers.id) that belong to the tenant. Their queued
 * messages are due still and leave with the next look for due rows, at a tenth of the rate first (`resumed_at` tells
 * whoever reserves their slots).
 * @returns the numbers that were paused until now
 */
export async function resumeNumbers(
  sql: SqlRunner,
  tenantId: number,
  numberIds: readonly number[],
): Promise<ChangedNumber[]> {
  return sql.query<ChangedNumber>(
    'phone-numbers-resume',
    `UPDATE phone_numbers
     SET paused_at = NULL, paused_code = NULL, paused_reason = NULL, resumed_at = now(), updated_at = now()
     WHERE tenant_id = $1 AND id = ANY ($2::integer[]) AND paused_at IS NOT NULL
     RETURNING id, tenant_id, phone_number_id`,
    [tenantId, numberIds],
  );
}
