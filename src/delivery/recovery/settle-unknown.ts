import type { SqlRunner } from '../../platform/database/postgres.js';
import { MEDIA_LINK_DAYS, type AdvancedMessage } from '../status/advance-status.js';

/** Error code of a message whose outcome nobody knows, for tenants whose policy is `fail`. */
export const UNKNOWN_OUTCOME = 'UNKNOWN_OUTCOME';

/** Raw webhooks that wait this long mean that silence proves nothing: the answer may be among them. */
const INBOX_LAG_S = 5;

/*
 * Indexes messages_unknown, webhook_inbox_unprocessed. What the tenant's policy says: `fail`, or `resend` (released
 * again, unless it would come too late). The finer signs of a healthy intake (heartbeats of receiver and processor,
 * other webhooks of the account since) belong into `intake`.
 */
const SETTLE = `
WITH intake AS MATERIALIZED (
  SELECT EXISTS (SELECT 1 FROM webhook_inbox
                  WHERE processed_at IS NULL AND received_at < now() - interval '${INBOX_LAG_S} seconds') AS behind),
picked AS MATERIALIZED (
  SELECT m.id, t.unknown_policy = 'resend' AND (m.expires_at IS NULL OR m.expires_at > now()) AS resend
    FROM messages m JOIN tenants t ON t.id = m.tenant_id
   WHERE m.status = 'unknown'
     AND m.unknown_at <= now() - (CASE WHEN (SELECT behind FROM intake) THEN $2::float8 ELSE $1::float8 END) * interval '1 second'
   ORDER BY m.unknown_at LIMIT $3 FOR UPDATE OF m SKIP LOCKED),
settled AS (
  UPDATE messages m
     SET status = CASE WHEN p.resend THEN 'sending' ELSE 'failed' END,
         next_at = CASE WHEN p.resend THEN now() END,
         failed_at = CASE WHEN NOT p.resend THEN now() END,
         error_code = CASE WHEN NOT p.resend THEN '${UNKNOWN_OUTCOME}' END,
         error_title = CASE WHEN NOT p.resend THEN 'WhatsApp did not say whether it took the message' END,
         updated_at = now()
    FROM picked p
   WHERE m.id = p.id
  RETURNING m.*),
links AS (
  UPDATE media_links l SET expires_at = now() + interval '${MEDIA_LINK_DAYS} days'
    FROM settled s WHERE l.id = s.media_link_id AND l.expires_at IS NULL AND s.status = 'failed')
SELECT id, tenant_id, status, waiter, error_code, error_title FROM settled`;

interface SettledRow {
  id: number;
  tenant_id: number;
  status: 'sending' | 'failed';
  waiter: string | null;
  error_code: string | null;
  error_title: string | null;
}

export interface SettleOptions {
  /** Silence for this long settles an outcome, seconds; `maxS` when our intake of webhooks was behind. */
  afterS: number;
  maxS: number;
  limit: number;
}

/** Settles outcomes that stayed unknown for too long by the tenant's policy; answers the messages. */
export async function settleUnknown(sql: SqlRunner, options: SettleOptions): Promise<AdvancedMessage[]> {
  const { afterS, maxS, limit } = options;
  const rows = await sql.query<SettledRow>('delivery_settle_unknown', SETTLE, [afterS, maxS, limit]);
  return rows.map((row) => ({
    id: row.id,
    tenantId: row.tenant_id,
    previousStatus: 'unknown',
    status: row.status,
    wamid: null,
    sentAt: null,
    error: row.error_code === null ? null : { code: row.error_code, title: row.error_title, details: null },
    waiter: row.status === 'failed' ? row.waiter : null,
  }));
}
