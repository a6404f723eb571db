import type { SqlRunner } from '../../platform/database/postgres.js';
import { BODY_DAYS, KEPT_PAYLOADS, ONCE_DAYS, REPEAT_DAYS } from '../../integrations/store/retention.js';
import { KEY_HOURS } from '../../platform/idempotency/idempotency-claim.js';

/** WhatsApp forgets an upload after 30 days. */
const WHATSAPP_MEDIA_DAYS = 30;
/** How long an import of contacts and its errors can be asked for after its end. */
const IMPORT_DAYS = 30;

/*
 * Raw webhooks that found no partition of their day. Index: the DEFAULT partition's primary key, which begins with the
 * time. What was not processed stays.
 */
const INBOX = `
DELETE FROM webhook_inbox_default WHERE (received_at, id) IN (
  SELECT received_at, id FROM webhook_inbox_default
   WHERE received_at < now() - make_interval(days => $1) AND processed_at IS NOT NULL
   ORDER BY received_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING id`;

/*
 * Attempts that found no partition of their range, of messages that are gone, or ended and older than the retention.
 * Indexes: the DEFAULT partition's primary key in order, messages_pkey.
 */
const ATTEMPTS = `
WITH page AS MATERIALIZED (
  SELECT message_id, attempt_no, claimed_at FROM attempts_default
   WHERE (message_id, attempt_no) > ($2, $3) ORDER BY message_id, attempt_no LIMIT $4),
gone AS (
  DELETE FROM attempts_default a USING page p
   WHERE a.message_id = p.message_id AND a.attempt_no = p.attempt_no
     AND p.claimed_at < now() - make_interval(days => $1)
     AND NOT EXISTS (SELECT 1 FROM messages m
                      WHERE m.id = p.message_id
                        AND (m.status IN ('queued', 'sending', 'unknown')
                             OR m.created_at >= now() - make_interval(days => $1)))
  RETURNING a.message_id)
SELECT (SELECT count(*)::int FROM gone) AS deleted, count(*)::int AS seen,
       (SELECT row_to_json(last) FROM (
         SELECT message_id, attempt_no FROM page ORDER BY message_id DESC, attempt_no DESC LIMIT 1) AS last) AS last
  FROM page`;

/** Index whatsapp_media_ids_age. */
const MEDIA_IDS = `
DELETE FROM whatsapp_media_ids WHERE (number_id, media_file_id) IN (
  SELECT number_id, media_file_id FROM whatsapp_media_ids
   WHERE uploaded_at < now() - interval '${WHATSAPP_MEDIA_DAYS} days'
   ORDER BY uploaded_at LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING media_file_id`;

/* Index idempotency_keys_age. From that age on a key is forgotten, whether its row is still there or not. */
const IDEMPOTENCY_KEYS = `
DELETE FROM idempotency_keys WHERE (tenant_id, key_hash) IN (
  SELECT tenant_id, key_hash FROM idempotency_keys
   WHERE created_at <= now() - interval '${KEY_HOURS} hours'
   ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING tenant_id`;

/* Index contact_imports_finished. Their errors go with them. */
const IMPORTS = `
DELETE FROM contact_imports WHERE id IN (
  SELECT id FROM contact_imports WHERE finished_at < now() - interval '${IMPORT_DAYS} days'
   ORDER BY finished_at LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING id`;

/** Long after its end a code is no news to anybody; a limit looks back ten minutes. Both in hours. */
const CODES_KEPT_H = 24;
const LIMITS_KEPT_H = 1;

/* Indexes one_time_codes_age, one_time_code_limits_age. */
const ONE_TIME_CODES = `
WITH codes AS (
  DELETE FROM one_time_codes WHERE (tenant_id, phone, purpose) IN (
    SELECT tenant_id, phone, purpose FROM one_time_codes WHERE expires_at < now() - interval '${CODES_KEPT_H} hours'
     ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)
  RETURNING 1),
limits AS (
  DELETE FROM one_time_code_limits WHERE (tenant_id, phone) IN (
    SELECT tenant_id, phone FROM one_time_code_limits WHERE updated_at < now() - interval '${LIMITS_KEPT_H} hours'
     ORDER BY updated_at LIMIT $1 FOR UPDATE SKIP LOCKED)
  RETURNING 1)
SELECT (SELECT count(*)::int FROM codes) AS codes, (SELECT count(*)::int FROM limits) AS limits`;

/* Audit entries that found no partition of their month. Index: the DEFAULT partition's primary key. */
const AUDIT = `
DELETE FROM audit_default WHERE (at, id) IN (
  SELECT at, id FROM audit_default WHERE at < now() - make_interval(days => $1)
   ORDER BY at, id LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING id`;

/** Deletes at most `limit` audit entries older than `days` from the DEFAULT partition; answers how many. */
export async function deleteStrayAudit(sql: SqlRunner, days: number, limit: number): Promise<number> {
  return (await sql.query('maintenance_stray_audit', AUDIT, [days, limit])).length;
}

/** Deletes at most `limit` processed webhooks older than `days` from the DEFAULT partition; answers how many. */
export async function deleteStrayWebhooks(sql: SqlRunner, days: number, limit: number): Promise<number> {
  return (await sql.query('maintenance_stray_webhooks', INBOX, [days, limit])).length;
}

/** Where a walk through the attempts stands. */
export interface AttemptCursor {
  messageId: number;
  attemptNo: number;
}

/**
 * Looks at the next `limit` attempts of the DEFAULT partition and deletes those that are older than `days` and whose
 * message needs them no more. `next` is null when there are no further ones.
 */
export async function deleteStrayAttempts(
  sql: SqlRunner,
  days: number,
  after: AttemptCursor,
  limit: number,
): Promise<{ deleted: number; next: AttemptCursor | null }> {
  const [row] = await sql.query<{
    deleted: number;
    seen: number;
    last: { message_id: number; attempt_no: number } | null;
  }>('maintenance_stray_attempts', ATTEMPTS, [days, after.messageId, after.attemptNo, limit]);
  const more = row?.last && row.seen === limit;
  return {
    deleted: row?.deleted ?? 0,
    next: more ? { messageId: row.last?.message_id ?? 0, attemptNo: row.last?.attempt_no ?? 0 } : null,
  };
}

/** Deletes at most `limit` of the media ids that WhatsApp no longer knows; answers how many. */
export async function deleteOldMediaIds(sql: SqlRunner, limit: number): Promise<number> {
  return (await sql.query('maintenance_media_ids', MEDIA_IDS, [limit])).length;
}

/** Deletes at most `limit` of the idempotency keys that are forgotten; answers how many. */
export async function deleteOldIdempotencyKeys(sql: SqlRunner, limit: number): Promise<number> {
  return (await sql.query('maintenance_idempotency_keys', IDEMPOTENCY_KEYS, [limit])).length;
}

/** Deletes at most `limit` of the imports of contacts that ended long ago; answers how many. */
export async function deleteOldImports(sql: SqlRunner, limit: number): Promise<number> {
  return (await sql.query('maintenance_imports', IMPORTS, [limit])).length;
}

/**
 * Deletes at most `limit` of the one-time codes that expired long ago, and as many of the phones' limits that look back
 * at nothing any more; answers how many of each.
 */
export async function deleteOldCodes(sql: SqlRunner, limit: number): Promise<{ codes: number; limits: number }> {
  const [row] = await sql.query<{ codes: number; limits: number }>('maintenance_one_time_codes', ONE_TIME_CODES, [
    limit,
  ]);
  return row ?? { codes: 0, limits: 0 };
}

/*
 * What stores delivered, beyond the newest hundred of each listener that were worked off, once nothing tells a repeat by it any more: indexes
 * store_payloads_newest, store_payloads_old. Keys of `once_per` by store_sent_once_created.
 */
const STORE_PAYLOADS = `
WITH kept AS MATERIALIZED (
  SELECT l.id AS listener_id,
         (SELECT p.id FROM store_payloads p
           WHERE p.listener_id = l.id AND p.next_at IS NULL ORDER BY p.id DESC OFFSET $2 - 1 LIMIT 1) AS from_id
    FROM store_listeners l),
gone AS (
  DELETE FROM store_payloads WHERE id IN (
    SELECT p.id FROM kept k JOIN store_payloads p ON p.listener_id = k.listener_id AND p.id < k.from_id
     WHERE p.next_at IS NULL AND p.received_at < now() - make_interval(days => $3)
     LIMIT $1 FOR UPDATE OF p SKIP LOCKED)
  RETURNING id),
once AS (
  DELETE FROM store_sent_once WHERE (listener_id, once_hash) IN (
    SELECT listener_id, once_hash FROM store_sent_once WHERE created_at < now() - make_interval(days => $4)
     ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED)
  RETURNING payload_id)
SELECT (SELECT count(*)::int FROM gone) AS payloads, (SELECT count(*)::int FROM once) AS once`;

/** Deletes at most `limit` old payloads of stores, and as many keys of what was sent for already; answers how many. */
export async function deleteOldStorePayloads(
  sql: SqlRunner,
  limit: number,
): Promise<{ payloads: number; once: number }> {
  const [row] = await sql.query<{ payloads: number; once: number }>('maintenance_store_payloads', STORE_PAYLOADS, [
    limit,
    KEPT_PAYLOADS,
    REPEAT_DAYS,
    ONCE_DAYS,
  ]);
  return row ?? { payloads: 0, once: 0 };
}

/* Index store_payloads_old_bodies. */
const STORE_BODIES = `
UPDATE store_payloads SET body = NULL, phone = NULL WHERE id IN (
  SELECT id FROM store_payloads
   WHERE body IS NOT NULL AND next_at IS NULL AND received_at < now() - interval '${BODY_DAYS} days'
   ORDER BY received_at LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING id`;

/** Lets go of at most `limit` old bodies of payloads of stores; answers how many. */
export async function clearOldStoreBodies(sql: SqlRunner, limit: number): Promise<number> {
  return (await sql.query('maintenance_store_bodies', STORE_BODIES, [limit])).length;
}
