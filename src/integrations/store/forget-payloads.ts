import type { SqlRunner } from '../../platform/database/postgres.js';

/**
 * Forgets what stores said of people who are deleted: the bodies of payloads that led to messages to them, or were about
 * their phones. What tells a repeat, and what became of each, stays. Indexes store_payloads_contact, store_payloads_phone.
 */
export async function forgetPayloads(
  sql: SqlRunner,
  tenantId: number,
  contactIds: readonly number[],
  phones: readonly string[],
): Promise<void> {
  await sql.query(
    'store_payloads_forget',
    `WITH picked AS MATERIALIZED (
       SELECT id FROM store_payloads
        WHERE id IN (SELECT id FROM store_payloads WHERE tenant_id = $1 AND contact_id = ANY ($2::int[])
                     UNION ALL
                     SELECT id FROM store_payloads WHERE tenant_id = $1 AND phone = ANY ($3::text[]))
          AND next_at IS NULL
        ORDER BY id FOR UPDATE)
     UPDATE store_payloads p
        SET body = NULL, phone = NULL, contact_id = NULL, reason = CASE WHEN p.reason IS NOT NULL THEN json_build_object('code', p.reason ->> 'code') END
       FROM picked WHERE p.id = picked.id AND p.tenant_id = $1`,
    [tenantId, contactIds, phones],
  );
}
