import type { SqlRunner } from '../../platform/database/postgres.js';

/** A tenant whose messages are not kept for ever. */
export interface Retention {
  tenantId: number;
  days: number;
}

/** One step through a tenant's messages. */
export interface RetentionStep {
  deleted: number;
  /** Where the next step goes on: the last id that this one looked at; null: nothing older is left. */
  nextAfterId: number | null;
}

/** Tenants with a retention, by id. */
export async function retentions(sql: SqlRunner): Promise<Retention[]> {
  return sql.query<{ tenantId: number; days: number }>(
    'maintenance_retentions',
    `SELECT id AS "tenantId", message_retention_days AS days FROM tenants
      WHERE message_retention_days IS NOT NULL ORDER BY id`,
  );
}

/*
 * Index messages_tenant_id: the next page of the tenant's messages from the oldest on. Ids rise with created_at, so the
 * first message that is young ends the search, and a tenant without old messages costs one page. (An index on
 * (tenant_id, created_at) would find the same rows and cost every insert.)
 *
 * What has not come to an end stays, however old: it is passed over, and so is what somebody else holds just now.
 *
 * Media addresses end with their message; the collector deletes them and, an hour later, files that nothing else
 * refers to. Attempts go by their primary key. Chats and contacts stay.
 */
const STEP = `
WITH page AS MATERIALIZED (
  SELECT id, created_at < now() - make_interval(days => $2) AS old FROM messages
   WHERE tenant_id = $1 AND id > $3 ORDER BY id LIMIT $4),
picked AS MATERIALIZED (
  SELECT m.id, m.media_link_id FROM page p JOIN messages m ON m.id = p.id
   WHERE p.old AND m.tenant_id = $1 AND m.status NOT IN ('queued', 'sending', 'unknown')
   ORDER BY m.id FOR UPDATE OF m SKIP LOCKED),
links AS (
  UPDATE media_links l SET expires_at = now()
    FROM picked p
   WHERE l.id = p.media_link_id AND l.tenant_id = $1 AND (l.expires_at IS NULL OR l.expires_at > now())),
attempt AS (DELETE FROM attempts a USING picked p WHERE a.message_id = p.id),
gone AS (DELETE FROM messages m USING picked p WHERE m.id = p.id AND m.tenant_id = $1 RETURNING m.id)
SELECT (SELECT count(*)::int FROM gone) AS deleted,
       CASE WHEN count(*) = $4 AND bool_and(old) THEN max(id) END AS "nextAfterId"
  FROM page`;

/** Deletes what is too old among the next `limit` messages of a tenant after `afterId`, in one small transaction. */
export async function deleteOldMessages(
  sql: SqlRunner,
  { tenantId, days }: Retention,
  afterId: number,
  limit: number,
): Promise<RetentionStep> {
  const [step] = await sql.query<RetentionStep>('maintenance_delete_messages', STEP, [tenantId, days, afterId, limit]);
  return step ?? { deleted: 0, nextAfterId: null };
}
