import type { SqlRunner } from '../../platform/database/postgres.js';

/** A contact's wish to receive nothing, or to receive messages again. */
export interface OptChange {
  readonly tenantId: number;
  readonly contactId: number;
  readonly optedOut: boolean;
  /**
   * When the customer said so, in WhatsApp's whole seconds; null: now. What is older than the contact's last change
   * counts for nothing; of two in one second the one that is learned of later counts.
   */
  readonly at: Date | null;
}

/** A contact after a change that counted. */
export interface OptState {
  id: number;
  tenant_id: number;
  phone: string | null;
  is_opted_out: boolean;
  opted_out_at: Date | null;
}

/**
 * Opts contacts out and in, one change per contact; rows are locked by id. To be followed by {@link failUnwanted} for
 * those that are opted out now, in the same transaction.
 * @returns the contacts whose change counted, by id
 */
export function changeOptStates(sql: SqlRunner, changes: readonly OptChange[]): Promise<OptState[]> {
  return sql.query<OptState>(
    'contacts_change_opt_states',
    `WITH locked AS MATERIALIZED (
       SELECT c.id, i.opted_out, coalesce(i.at, clock_timestamp()) AS at
         FROM unnest($1::int[], $2::bigint[], $3::boolean[], $4::timestamptz[]) AS i (tenant_id, contact_id, opted_out, at)
         JOIN contacts c ON c.id = i.contact_id AND c.tenant_id = i.tenant_id
        WHERE i.at IS NULL OR c.opt_changed_at IS NULL OR date_trunc('second', c.opt_changed_at) <= i.at
        ORDER BY c.id FOR NO KEY UPDATE OF c)
     UPDATE contacts c
        SET is_opted_out = l.opted_out,
            opted_out_at = CASE WHEN NOT l.opted_out THEN NULL WHEN c.is_opted_out THEN c.opted_out_at ELSE l.at END,
            opt_changed_at = GREATEST(c.opt_changed_at, l.at), updated_at = now()
       FROM locked l WHERE c.id = l.id
     RETURNING c.id, c.tenant_id, c.phone, c.is_opted_out, c.opted_out_at`,
    [
      changes.map(({ tenantId }) => tenantId),
      changes.map(({ contactId }) => contactId),
      changes.map(({ optedOut }) => optedOut),
      changes.map(({ at }) => at),
    ],
  );
}

/** A message that was failed because its contact does not want it. */
export interface UnwantedMessage {
  id: number;
  tenant_id: number;
  chat_id: number;
  priority: number;
  previous: 'queued' | 'sending';
  wamid: string | null;
  sent_at: Date | null;
  error_title: string;
  waiter: string | null;
}

/** `messages.error_code` of what was not sent because of the contact's own wish. */
export const CONTACT_OPTED_OUT = 'CONTACT_OPTED_OUT';

/** `messages.error_title`, by what the contact does not want. */
export const OPT_OUT_TITLES = {
  all: 'The contact has opted out',
  marketing: 'The contact has stopped marketing messages',
} as const;

/** Media addresses outlive the end of their message by this. */
const MEDIA_LINK_DAYS = 30;

/**
 * SQL: whether the contact `k` does not want the message `m`. Marketing templates are told by their category, which
 * template messages carry in their content.
 */
export const IS_UNWANTED = `(k.is_opted_out OR (k.marketing_stopped AND m.type = 'template' AND m.content ->> 'category' = 'MARKETING'))`;

/*
 * Index messages_contact. What a worker has in hand is passed over: its last word before the write asks for the
 * contact's wish again, so it is either failed there or has left before the wish was stored. So is what was
 * accepted at the same moment.
 */
const FAIL = `
WITH i AS MATERIALIZED (
  SELECT * FROM unnest($1::int[], $2::bigint[]) AS u (tenant_id, contact_id)),
picked AS MATERIALIZED (
  SELECT m.id, m.status, m.attempt_no, m.attempt_state, k.is_opted_out
    FROM i
    JOIN contacts k ON k.id = i.contact_id AND k.tenant_id = i.tenant_id
    JOIN messages m ON m.contact_id = k.id AND m.tenant_id = k.tenant_id
   WHERE m.direction = 'outbound' AND m.status IN ('queued', 'sending') AND ${IS_UNWANTED}
     AND (m.attempt_state IS NULL OR (m.attempt_state = 'claimed' AND m.next_at <= now()))
   ORDER BY m.id FOR UPDATE OF m),
failed AS (
  UPDATE messages m
     SET status = 'failed', next_at = NULL, attempt_state = NULL, held_by = NULL, failed_at = now(),
         error_code = '${CONTACT_OPTED_OUT}', error_details = NULL,
         error_title = CASE WHEN p.is_opted_out THEN '${OPT_OUT_TITLES.all}' ELSE '${OPT_OUT_TITLES.marketing}' END,
         updated_at = now()
    FROM picked p WHERE m.id = p.id
  RETURNING m.id, m.tenant_id, m.chat_id, m.priority, p.status AS previous, m.wamid, m.sent_at, m.error_title, m.waiter,
            m.media_link_id),
attempt AS (
  UPDATE attempts a SET state = 'released', finished_at = now()
    FROM picked p WHERE a.message_id = p.id AND a.attempt_no = p.attempt_no AND a.state = p.attempt_state),
links AS (
  UPDATE media_links l SET expires_at = now() + interval '${MEDIA_LINK_DAYS} days'
    FROM failed f WHERE l.id = f.media_link_id AND l.expires_at IS NULL)
SELECT id, tenant_id, chat_id, priority, previous, wamid, sent_at, error_title, waiter FROM failed ORDER BY id`;

/** Fails what waits for contacts who do not want it (any more). */
export async function failUnwanted(
  sql: SqlRunner,
  contacts: readonly { readonly tenantId: number; readonly contactId: number }[],
): Promise<UnwantedMessage[]> {
  if (contacts.length === 0) return [];
  return sql.query<UnwantedMessage>('contacts_fail_unwanted', FAIL, [
    contacts.map(({ tenantId }) => tenantId),
    contacts.map(({ contactId }) => contactId),
  ]);
}

/** A contact's word to WhatsApp about marketing of this business (`user_preferences`). */
export interface MarketingChange {
  readonly tenantId: number;
  readonly phone: string | null;
  readonly userId: string | null;
  readonly stopped: boolean;
  readonly at: Date;
}

/**
 * Stores it at the contact with this phone, else with this user id; a person who is no contact is passed over, for
 * WhatsApp refuses such messages itself. @returns the contact's id when it counted
 */
export async function changeMarketing(sql: SqlRunner, change: MarketingChange): Promise<number | null> {
  const { tenantId, phone, userId, stopped, at } = change;
  const [contact] = await sql.query<{ id: number }>(
    'contacts_change_marketing',
    // Indexes contacts_tenant_phone, contacts_tenant_user.
    `UPDATE contacts c SET marketing_stopped = $4, marketing_changed_at = GREATEST(c.marketing_changed_at, $5), updated_at = now()
      WHERE c.tenant_id = $1 AND (c.marketing_changed_at IS NULL OR date_trunc('second', c.marketing_changed_at) <= $5)
        AND c.id = coalesce((SELECT id FROM contacts WHERE tenant_id = $1 AND phone = $2),
                            (SELECT id FROM contacts WHERE tenant_id = $1 AND whatsapp_user_id = $3))
     RETURNING c.id`,
    [tenantId, phone, userId, stopped, at],
  );
  return contact?.id ?? null;
}
