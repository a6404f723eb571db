import type { SqlRunner } from '../../platform/database/postgres.js';

/** A row as it is shown: times as they come from the database. */
type Shown = Record<string, unknown>;

/** A message, and the file that goes with it. */
export interface PersonalMessage extends Shown {
  id: number;
  media_public_id: string | null;
  media_filename: string | null;
  media_signed: boolean | null;
}

export interface PersonalChat extends Shown {
  id: number;
}

/** An entry of the audit trail, with where the next ones begin. */
export interface PersonalAudit extends Shown {
  id: number;
  at: Date;
}

/** What the platform knows of a person beside what it said and was told. Primary keys. */
export async function personalContact(sql: SqlRunner, tenantId: number, contactId: number): Promise<Shown | undefined> {
  const [row] = await sql.query<Shown>(
    'contact_export_contact',
    `SELECT c.id, c.firstname, c.lastname, c.company, c.type, c.email, c.phone, c.whatsapp_user_id, c.profile_name,
            c.description, c.city, c.state, c.zip, c.address, c.country_id, c.created_at, c.updated_at,
            (SELECT jsonb_build_object('id', s.id, 'name', s.name) FROM sources s
              WHERE s.id = c.source_id AND s.tenant_id = $1) AS source,
            (SELECT jsonb_build_object('id', s.id, 'name', s.name) FROM statuses s
              WHERE s.id = c.status_id AND s.tenant_id = $1) AS status,
            (SELECT jsonb_build_object('id', s.id, 'name', s.name) FROM staff s
              WHERE s.id = c.assigned_id AND s.tenant_id = $1) AS assigned_to,
            (SELECT coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name) ORDER BY g.id), '[]') FROM groups g
              WHERE g.tenant_id = $1 AND g.id = ANY (c.group_id)) AS groups
       FROM contacts c WHERE c.tenant_id = $1 AND c.id = $2::bigint`,
    [tenantId, contactId],
  );
  return row;
}

/** What the person wants to receive. Primary key. */
export async function personalOptOuts(sql: SqlRunner, tenantId: number, contactId: number): Promise<Shown | undefined> {
  const [row] = await sql.query<Shown>(
    'contact_export_opt_outs',
    `SELECT is_opted_out, opted_out_at, opt_changed_at, marketing_stopped, marketing_changed_at
       FROM contacts WHERE tenant_id = $1 AND id = $2::bigint`,
    [tenantId, contactId],
  );
  return row;
}

/** The codes that the person was sent and has not used up, without what verifies them. Primary key. */
export function personalCodes(sql: SqlRunner, tenantId: number, contactId: number): Promise<Shown[]> {
  return sql.query<Shown>(
    'contact_export_codes',
    `SELECT o.purpose, o.attempts, o.max_attempts, o.message_id, o.expires_at, o.created_at
       FROM contacts c JOIN one_time_codes o ON o.tenant_id = c.tenant_id AND o.phone = c.phone
      WHERE c.tenant_id = $1 AND c.id = $2::bigint ORDER BY o.created_at, o.purpose`,
    [tenantId, contactId],
  );
}

/** What a store delivered about the person. */
export interface PersonalPayload extends Shown {
  id: number;
  body: Buffer | null;
}

/** The next deliveries of stores that led to messages to the person, or name its phone. Indexes store_payloads_contact, store_payloads_phone. */
export function personalPayloads(
  sql: SqlRunner,
  tenantId: number,
  contactId: number,
  afterId: number,
  limit: number,
): Promise<PersonalPayload[]> {
  return sql.query<PersonalPayload>(
    'contact_export_store_payloads',
    `SELECT id, listener_id, received_at, topic, status, message_id, body FROM store_payloads
      WHERE id IN (SELECT id FROM store_payloads WHERE tenant_id = $1 AND contact_id = $2
                   UNION ALL
                   SELECT p.id FROM contacts c JOIN store_payloads p ON p.tenant_id = c.tenant_id AND p.phone = c.phone
                    WHERE c.tenant_id = $1 AND c.id = $2)
        AND id > $3 ORDER BY id LIMIT $4`,
    [tenantId, contactId, afterId, limit],
  );
}

/** Index chats_contact. */
export function personalChats(sql: SqlRunner, tenantId: number, contactId: number): Promise<PersonalChat[]> {
  return sql.query<PersonalChat>(
    'contact_export_chats',
    `SELECT h.id, n.phone_number_id AS number, h.last_inbound_at, h.service_window_expires_at,
            h.conversation_expires_at, h.unread_count, h.created_at, h.updated_at
       FROM chats h JOIN phone_numbers n ON n.id = h.number_id
      WHERE h.tenant_id = $1 AND h.contact_id = $2 ORDER BY h.id`,
    [tenantId, contactId],
  );
}

/** The next messages of a chat, the oldest first, without a one-time code that still has to leave. Index messages_chat. */
export function personalMessages(
  sql: SqlRunner,
  tenantId: number,
  chatId: number,
  afterId: number,
  limit: number,
): Promise<PersonalMessage[]> {
  return sql.query<PersonalMessage>(
    'contact_export_messages',
    `SELECT m.id, m.chat_id, m.direction, m.type, m.status, m.phone, m.recipient_user_id, m.body, m.content - 'sealed' AS content, m.wamid,
            m.reply_to_wamid, m.error_code, m.error_title, m.error_details, m.send_at, m.sent_at, m.delivered_at,
            m.read_at, m.failed_at, m.created_at, m.updated_at,
            l.public_id AS media_public_id, l.filename AS media_filename, l.signed AS media_signed
       FROM messages m
       LEFT JOIN media_links l ON l.id = m.media_link_id AND l.tenant_id = $1
                              AND (l.expires_at IS NULL OR l.expires_at > now())
      WHERE m.tenant_id = $1 AND m.chat_id = $2 AND m.id > $3 ORDER BY m.id LIMIT $4`,
    [tenantId, chatId, afterId, limit],
  );
}

/**
 * The next entries that name the contact, the newest first; only its own id is shown of those that name many. Indexes
 * audit_contact and audit_membership: the planner must not walk the tenant's whole trail in the order wanted, so the
 * contact's entries are taken together first.
 */
const AUDIT = `
WITH named AS MATERIALIZED (
  SELECT id, at, tenant_id, action, token_id, request_id, details -> 'fields' AS fields
    FROM audit WHERE starts_with(action, 'contact.') AND subject_ids @> ARRAY[$2::bigint]
  UNION ALL
  SELECT id, at, tenant_id, action, token_id, request_id, NULL
    FROM audit
   WHERE starts_with(action, 'group.contacts') AND details -> 'contact_ids' @> to_jsonb($2::bigint))
SELECT id, at, action, token_id, request_id, fields
  FROM named WHERE tenant_id = $1 AND (at, id) < ($3::timestamptz, $4::bigint)
 ORDER BY at DESC, id DESC LIMIT $5`;

/** Entries older than `before`. */
export function personalAudit(
  sql: SqlRunner,
  tenantId: number,
  contactId: number,
  before: { readonly at: Date | 'infinity'; readonly id: number },
  limit: number,
): Promise<PersonalAudit[]> {
  return sql.query<PersonalAudit>('contact_export_audit', AUDIT, [tenantId, contactId, before.at, before.id, limit]);
}
