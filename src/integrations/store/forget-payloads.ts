import type { SqlRunner } from '../../platform/database/postgres.js';

/**
 * Forgets what stores said of people who are deleted: the bodies of payloads that led to messages to them, or were about
 * their phones. What is not worked off yet, be it that somebody is at it, leads to no message any more: it would make the
 * contact anew. What tells a repeat, and what became of each, stays. Indexes store_payloads_contact, store_payloads_phone.
 */
export async function forgetPayloads(
  sql: SqlRunner,
  tenantId: number,
  contactIds: readonly number[],
  phones: readonly string[],
): Promise<void> {
  await sql.query(
    'store_payloads_forget',
    // Who wants it passes over a locked row; who has it in hand, or stores its message, finds it settled.
    `WITH picked AS MATERIALIZED (
       SELECT id, next_at IS NOT NULL AS is_waiting FROM store_payloads
        WHERE id IN (SELECT id FROM store_payloads WHERE tenant_id = $1 AND contact_id = ANY ($2::int[])
                     UNION ALL
                     SELECT id FROM store_payloads WHERE tenant_id = $1 AND phone = ANY ($3::text[]))
        ORDER BY id FOR UPDATE)
     UPDATE store_payloads p
        SET body = NULL, phone = NULL, contact_id = NULL, next_at = NULL, settled_at = coalesce(p.settled_at, now()),
            status = CASE WHEN is_waiting THEN 'skipped' ELSE p.status END,
            reason = CASE WHEN is_waiting THEN json_build_object('code', 'CONTACT_DELETED', 'message', $4::text)
                          WHEN p.reason IS NOT NULL THEN json_build_object('code', p.reason ->> 'code', 'message', $4::text)
                     END
       FROM picked WHERE p.id = picked.id AND p.tenant_id = $1`,
    [tenantId, contactIds, phones, 'The contact was deleted.'],
  );
}
