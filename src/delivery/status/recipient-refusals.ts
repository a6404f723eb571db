import type { SqlRunner } from '../../platform/database/postgres.js';
import { classify } from '../../whatsapp/errors/classify.js';
import type { StatusChange } from './advance-status.js';

/** WhatsApp's refusal of a message, which may say something of the person it was for. */
export interface RecipientRefusal {
  /** Our id of the phone number. Messages of other numbers are never touched. */
  readonly numberId: number;
  /** The message, by one of these. */
  readonly wamid: string | null;
  readonly messageId: number | null;
  /** WhatsApp's error code, as text. */
  readonly code: string;
  /** When WhatsApp refused it; null: when the request of this attempt was written. */
  readonly at: Date | null;
  readonly attemptNo: number | null;
}

/** A contact of a tenant. */
export interface ContactReference {
  readonly tenantId: number;
  readonly contactId: number;
}

/** A report of WhatsApp as a refusal; none when it is no failure. */
export function refusalOf({
  numberId,
  wamid,
  messageId,
  attemptNo,
  error,
  occurredAt,
}: StatusChange): RecipientRefusal[] {
  if (!error) return [];
  const ours = { messageId: messageId ?? null, attemptNo: attemptNo ?? null };
  return [{ numberId, wamid, ...ours, code: error.code, at: occurredAt }];
}

/*
 * The messages that were refused, with the time at which WhatsApp did so. Index messages_number_wamid and the primary
 * keys of messages and attempts. Both ways may find the same message: the newest time counts.
 */
const REFUSED = `
i AS MATERIALIZED (
  SELECT * FROM unnest($1::int[], $2::text[], $3::bigint[], $4::int[], $5::timestamptz[])
         AS u (number_id, wamid, message_id, attempt_no, at)),
refused AS MATERIALIZED (
  SELECT m.tenant_id, m.contact_id, m.chat_id, i.at
    FROM i JOIN messages m ON m.number_id = i.number_id AND m.wamid = i.wamid
   WHERE m.direction = 'outbound' AND i.at IS NOT NULL
  UNION ALL
  SELECT m.tenant_id, m.contact_id, m.chat_id, coalesce(i.at, a.submitting_at, now())
    FROM i JOIN messages m ON m.id = i.message_id AND m.number_id = i.number_id
    LEFT JOIN attempts a ON a.message_id = i.message_id AND a.attempt_no = i.attempt_no
   WHERE m.direction = 'outbound')`;

const STOP_MARKETING = `
WITH ${REFUSED},
said AS (SELECT tenant_id, contact_id, max(at) AS at FROM refused GROUP BY tenant_id, contact_id),
locked AS MATERIALIZED (
  SELECT c.id, s.at
    FROM said s JOIN contacts c ON c.id = s.contact_id AND c.tenant_id = s.tenant_id
   WHERE c.marketing_changed_at IS NULL OR c.marketing_changed_at <= s.at
   ORDER BY c.id FOR NO KEY UPDATE OF c)
UPDATE contacts c SET marketing_stopped = true, marketing_changed_at = l.at, updated_at = now()
  FROM locked l WHERE c.id = l.id
RETURNING c.tenant_id AS "tenantId", c.id AS "contactId"`;

const CLOSE_WINDOWS = `
WITH ${REFUSED},
said AS (SELECT tenant_id, chat_id, max(at) AS at FROM refused GROUP BY tenant_id, chat_id),
locked AS MATERIALIZED (
  SELECT c.id, s.at
    FROM said s JOIN chats c ON c.id = s.chat_id AND c.tenant_id = s.tenant_id
   WHERE c.window_refused_at IS NULL OR c.window_refused_at < s.at
   ORDER BY c.id FOR NO KEY UPDATE OF c)
UPDATE chats c
   SET window_refused_at = l.at,
       -- A message or call that came after the refusal has opened it again.
       service_window_expires_at = CASE WHEN c.last_inbound_at > l.at THEN c.service_window_expires_at
                                        WHEN c.service_window_expires_at > l.at THEN l.at
                                        ELSE c.service_window_expires_at END,
       updated_at = now()
  FROM locked l WHERE c.id = l.id`;

const stopsMarketing = ({ code }: RecipientRefusal): boolean => classify(Number(code), null).suppress === 'marketing';
const closesWindow = ({ code }: RecipientRefusal): boolean => classify(Number(code), null).class === 'reengage';

/** Whether the refusal changes what we hold of its recipient. */
export const concernsRecipient = (refusal: RecipientRefusal): boolean =>
  stopsMarketing(refusal) || closesWindow(refusal);

/**
 * Marks contacts as having stopped marketing where WhatsApp refused a message for that (131050), as the customer's own
 * word to WhatsApp would (`user_preferences`); what the customer said later stays. What waits for them is to be failed
 * in the same transaction ({@link endUnwanted}). @returns those whose mark counted
 */
export async function stopMarketing(
  sql: SqlRunner,
  refusals: readonly RecipientRefusal[],
): Promise<readonly ContactReference[]> {
  const stopping = refusals.filter(stopsMarketing);
  if (stopping.length === 0) return [];
  return sql.query<ContactReference>('delivery_stop_marketing', STOP_MARKETING, parametersOf(stopping));
}

/**
 * Closes the service windows that WhatsApp says are closed (131047), whatever our clock says: it has the last word, and
 * sometimes refuses a reply although a message just came (reference: WhatsApp, "Send messages"). Only what the customer
 * says or calls after that opens them again.
 */
export async function closeWindows(sql: SqlRunner, refusals: readonly RecipientRefusal[]): Promise<void> {
  const closing = refusals.filter(closesWindow);
  if (closing.length === 0) return;
  await sql.query('delivery_close_windows', CLOSE_WINDOWS, parametersOf(closing));
}

function parametersOf(refusals: readonly RecipientRefusal[]): unknown[] {
  return [
    refusals.map(({ numberId }) => numberId),
    refusals.map(({ wamid }) => wamid),
    refusals.map(({ messageId }) => messageId),
    refusals.map(({ attemptNo }) => attemptNo),
    refusals.map(({ at }) => at),
  ];
}
