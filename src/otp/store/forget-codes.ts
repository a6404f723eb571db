import type { SqlRunner } from '../../platform/database/postgres.js';

/** Primary keys. Forgets codes and limits of phones whose contacts are erased. */
export async function forgetCodes(sql: SqlRunner, tenantId: number, phones: readonly string[]): Promise<void> {
  if (phones.length === 0) return;
  await sql.query(
    'otp_forget_codes',
    `WITH codes AS (DELETE FROM one_time_codes WHERE tenant_id = $1 AND phone = ANY ($2::text[]))
     DELETE FROM one_time_code_limits WHERE tenant_id = $1 AND phone = ANY ($2::text[])`,
    [tenantId, phones],
  );
}
