import type { SqlRunner } from '../../platform/database/postgres.js';
import type { EndedAttempt } from '../attempts/record-ends.js';
import { TEMPLATE_DISABLED, TEMPLATE_PAUSED } from './template-stop.js';

const STATUS_AFTER: ReadonlyMap<number | null, string> = new Map([
  [TEMPLATE_PAUSED, 'PAUSED'],
  [TEMPLATE_DISABLED, 'DISABLED'],
]);

/*
 * Primary keys find message, attempt and template. What a webhook or a sync has said since the attempt began is newer
 * than WhatsApp's answer to it, and stays.
 */
const STOP = `
UPDATE templates t SET status = s.status, updated_at = now()
  FROM (SELECT DISTINCT ON (id) (m.content -> 'template' ->> 'id')::int AS id, m.tenant_id, i.status, a.claimed_at
          FROM unnest($1::bigint[], $2::int[], $3::text[]) AS i (message_id, attempt_no, status)
          JOIN messages m ON m.id = i.message_id AND m.type = 'template'
          JOIN attempts a ON a.message_id = i.message_id AND a.attempt_no = i.attempt_no
         ORDER BY id, a.claimed_at DESC) s
 WHERE t.id = s.id AND t.tenant_id = s.tenant_id AND t.status = 'APPROVED' AND t.updated_at <= s.claimed_at`;

/**
 * WhatsApp has refused messages because their template is paused or disabled: the others of that template need not try.
 * The webhook says the same, mostly earlier; this holds when it is late. Costs nothing when there is no such refusal.
 */
export async function stopTemplates(sql: SqlRunner, attempts: readonly EndedAttempt[]): Promise<void> {
  const stopped = attempts.filter(({ end }) => STATUS_AFTER.has(end.errorCode));
  if (stopped.length === 0) return;
  await sql.query('delivery_stop_templates', STOP, [
    stopped.map(({ messageId }) => messageId),
    stopped.map(({ attemptNo }) => attemptNo),
    stopped.map(({ end }) => STATUS_AFTER.get(end.errorCode)),
  ]);
}
