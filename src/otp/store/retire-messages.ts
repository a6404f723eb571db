import type { SqlRunner } from '../../platform/database/postgres.js';

/*
 * Primary key. Whoever looks at the row next finds that the message is of no use any more: it is neither claimed nor
 * submitted nor, when its outcome is unknown, sent again. The code that was still to be sent is wiped.
 */
const RETIRE = `
WITH picked AS MATERIALIZED (
  SELECT m.id FROM unnest($1::int[], $2::bigint[]) AS i (tenant_id, id)
    JOIN messages m ON m.id = i.id AND m.tenant_id = i.tenant_id
   WHERE m.status IN ('queued', 'sending', 'unknown') ORDER BY m.id FOR UPDATE OF m)
UPDATE messages m
   SET expires_at = least(m.expires_at, now()), content = m.content - 'sealed', updated_at = now()
  FROM picked p WHERE m.id = p.id`;

/** The message of a code that counts no more. */
export interface RetiredMessage {
  readonly tenantId: number;
  readonly messageId: number;
}

/** Takes the codes of these messages away where they have not come to an end yet; what has not left ends as `expired`. */
export async function retireMessages(sql: SqlRunner, messages: readonly RetiredMessage[]): Promise<void> {
  if (messages.length === 0) return;
  await sql.query('otp_retire_messages', RETIRE, [
    messages.map(({ tenantId }) => tenantId),
    messages.map(({ messageId }) => messageId),
  ]);
}
