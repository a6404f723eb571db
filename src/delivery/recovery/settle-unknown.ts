import type { SqlRunner } from '../../platform/database/postgres.js';
import { MEDIA_LINK_DAYS, type AdvancedMessage } from '../status/advance-status.js';

/** Error code of a message whose outcome nobody knows, for tenants whose policy is `fail`. */
export const UNKNOWN_OUTCOME = 'UNKNOWN_OUTCOME';

/** New raw webhooks that wait this long mean that silence proves nothing: the answer may be among them. */
const INBOX_LAG_S = 5;

/** A one-time code goes out at most this often in all while its outcome stays unknown: once, and twice again. */
const CODE_ATTEMPTS = 3;

/*
 * A one-time code whose newest attempt nobody knows the end of, and that is still good for its reader. What a restored
 * backup made unknown had no such attempt: it is not sent again by this rule.
 */
const IS_CODE_TO_RESEND = `
  m.priority = 0 AND (m.expires_at IS NULL OR m.expires_at > now())
  AND EXISTS (SELECT FROM attempts a
               WHERE a.message_id = m.id AND a.attempt_no = m.attempt_no AND a.state = 'unknown')
  AND (SELECT count(*) FROM attempts a WHERE a.message_id = m.id AND a.state = 'unknown') < ${CODE_ATTEMPTS}`;

/* Index messages_unknown_codes. */
const RESEND_CODES = `
WITH picked AS MATERIALIZED (
  SELECT m.id FROM messages m
   WHERE m.status = 'unknown' AND m.priority = 0 AND m.unknown_at <= now() - $1 * interval '1 second'
     AND ${IS_CODE_TO_RESEND}
   ORDER BY m.unknown_at LIMIT $2 FOR UPDATE OF m SKIP LOCKED)
UPDATE messages m SET status = 'sending', next_at = now(), updated_at = now()
  FROM picked p
 WHERE m.id = p.id
RETURNING m.id, m.tenant_id`;

/** Sends one-time codes again whose outcome is unknown for `afterS` seconds, whatever the tenant's policy. */
export function resendCodes(
  sql: SqlRunner,
  { afterS, limit }: { afterS: number; limit: number },
): Promise<{ id: number; tenant_id: number }[]> {
  return sql.query('delivery_resend_codes', RESEND_CODES, [afterS, limit]);
}

/* Index messages_unknown_codes. */
const WIPE_EXPIRED_CODES = `
WITH picked AS MATERIALIZED (
  SELECT m.id FROM messages m
   WHERE m.status = 'unknown' AND m.priority = 0 AND m.expires_at <= now() AND m.content ? 'sealed'
   ORDER BY m.unknown_at LIMIT $1 FOR UPDATE OF m SKIP LOCKED)
UPDATE messages m SET content = m.content - 'sealed', updated_at = now()
  FROM picked p
 WHERE m.id = p.id
RETURNING m.id`;

/**
 * Takes away the codes of messages that nobody knows the end of, once they have expired: they will not be sent again,
 * whatever becomes of the message. @returns how many there were
 */
export async function wipeExpiredCodes(sql: SqlRunner, limit: number): Promise<number> {
  return (await sql.query('delivery_wipe_expired_codes', WIPE_EXPIRED_CODES, [limit])).length;
}

/*
 * Indexes messages_unknown, webhook_inbox_unprocessed, webhook_inbox_deferred. Silence is WhatsApp's only while we
 * could have heard it: both halves of the intake live, and have done so since the outcome became unknown; no new raw
 * webhook waits, and no deferred one that speaks of the account; and something else was heard of the account since.
 * Otherwise only the longer wait ends it. A webhook that is deferred for its account's locked rows may wait for long;
 * what it holds of other accounts is applied.
 *
 * Then the tenant's policy: \`fail\`, or \`resend\` (released again, unless it would come too late). One-time codes were
 * sent again before, so they fail.
 */
const SETTLE = `
WITH intake AS MATERIALIZED (
  SELECT CASE WHEN count(*) = 2 AND min(h.beat_at) >= now() - $3 * interval '1 second'
               AND NOT EXISTS (SELECT FROM webhook_inbox
                                WHERE processed_at IS NULL AND retry_at IS NULL
                                  AND received_at < now() - interval '${INBOX_LAG_S} seconds')
              THEN max(h.healthy_since) END AS healthy_since
    FROM intake_health h),
behind AS MATERIALIZED (
  SELECT DISTINCT unnest(waiting_accounts) AS waba_id
    FROM webhook_inbox WHERE processed_at IS NULL AND retry_at IS NOT NULL),
picked AS MATERIALIZED (
  SELECT m.id, t.unknown_policy = 'resend' AND m.priority > 0 AND (m.expires_at IS NULL OR m.expires_at > now()) AS resend
    FROM messages m
    JOIN tenants t ON t.id = m.tenant_id
    JOIN phone_numbers n ON n.id = m.number_id
    JOIN whatsapp_accounts w ON w.id = n.account_id
   WHERE m.status = 'unknown' AND m.unknown_at <= now() - $1 * interval '1 second'
     AND (m.unknown_at <= now() - $2 * interval '1 second'
          OR (m.unknown_at >= (SELECT healthy_since FROM intake) AND w.last_webhook_at > m.unknown_at
              AND NOT EXISTS (SELECT FROM behind b WHERE b.waba_id = w.waba_id)))
     AND NOT (${IS_CODE_TO_RESEND})
   ORDER BY m.unknown_at LIMIT $4 FOR UPDATE OF m SKIP LOCKED),
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
  /** Silence for this long settles an outcome, seconds; `maxS` when WhatsApp's word may have come unheard. */
  afterS: number;
  maxS: number;
  /** A component of the intake that gave no sign of life for this long is not healthy, seconds. */
  gapS: number;
  limit: number;
}

/** Settles outcomes that stayed unknown for too long by the tenant's policy; answers the messages. */
export async function settleUnknown(sql: SqlRunner, options: SettleOptions): Promise<AdvancedMessage[]> {
  const { afterS, maxS, gapS, limit } = options;
  const rows = await sql.query<SettledRow>('delivery_settle_unknown', SETTLE, [afterS, maxS, gapS, limit]);
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
