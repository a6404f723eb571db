import type { SqlRunner } from '../../platform/database/postgres.js';

/** Primary keys. Forgets codes and limits of phones whose contacts are erased. */
export async function forgetCodes(sql: SqlRunner, tenantId: number, phones: readonly string[]): Promise<void> {
  if (phones.length === 0) return;
  // As everywhere, the phone is locked before its codes.
  for (const table of ['one_time_code_limits', 'one_time_codes'] as const) {
    await sql.query(`otp_forget_${table}`, `DELETE FROM ${table} WHERE tenant_id = $1 AND phone = ANY ($2::text[])`, [
      tenantId,
      phones,
    ]);
  }
}
