import type { ChaosLab } from '../lab.js';
import type { Testimony } from '../witness.js';

/**
 * Every webhook that was answered with 200 counts, and counts once. (What statuses brought about is judged with the
 * messages, in outcomes.ts.)
 */
export async function judgeWebhooks(lab: ChaosLab, { tenant, inbound }: Testimony): Promise<string[]> {
  const findings: string[] = [];
  const { tenantId, numberId } = lab.tenants[tenant] ?? {};
  const stored = await lab.rows<{ wamid: string; n: number }>(
    `SELECT wamid, count(*)::int AS n FROM messages
      WHERE tenant_id = $1 AND number_id = $2 AND direction = 'inbound' GROUP BY wamid`,
    [tenantId, numberId],
  );
  const counts = new Map(stored.map(({ wamid, n }) => [wamid, n]));
  for (const { wamid, delivered_at } of inbound) {
    const count = counts.get(wamid) ?? 0;
    if (count > 1) findings.push(`the customer's message ${wamid} is stored ${count} times`);
    if (count === 0 && delivered_at !== null)
      findings.push(`the webhook of ${wamid} was answered 200 and is not stored`);
  }
  const known = new Set(inbound.map(({ wamid }) => wamid));
  for (const wamid of counts.keys()) if (!known.has(wamid)) findings.push(`nobody wrote ${wamid}, and it is stored`);
  const unread = await lab.rows<{ id: number; unread_count: number; n: number }>(
    `SELECT c.id, c.unread_count, count(m.id)::int AS n
       FROM chats c LEFT JOIN messages m ON m.chat_id = c.id AND m.direction = 'inbound'
      WHERE c.tenant_id = $1 GROUP BY c.id HAVING c.unread_count <> count(m.id)`,
    [tenantId],
  );
  for (const { id, unread_count, n } of unread) {
    findings.push(`chat ${id} counts ${unread_count} unread messages and has ${n}`);
  }
  return findings;
}
