import type { SqlRunner } from '../../platform/database/postgres.js';
import type { OutboundMessage } from './outbound-message.js';

/** All that decides whether and how a message may be sent, read in one statement for a whole group. */
export interface Circumstances {
  tenantId: number;
  defaultSourceId: number | null;
  defaultStatusId: number | null;
  defaultAssignedId: number | null;
  enforceServiceWindow: boolean;
  messageExpiresInS: number;
  contactCount: number;
  /** -1: unlimited. */
  limitContacts: number;
  conversations: number;
  /** -1: unlimited. */
  limitConversations: number;
  number: {
    id: number;
    ratePerSecond: number;
    resumedAt: Date | null;
    pausedReason: string | null;
    paused: boolean;
  } | null;
  contact: {
    id: number;
    firstname: string;
    lastname: string;
    email: string | null;
    phone: string | null;
    whatsappUserId: string | null;
    isOptedOut: boolean;
    /** No marketing templates, by the contact's word to WhatsApp. */
    marketingStopped: boolean;
  } | null;
  chat: { id: number; serviceWindowExpiresAt: Date | null; conversationOpen: boolean } | null;
  windowOpen: boolean;
  /** The message that this one refers to, when it belongs to this chat. */
  referred: { wamid: string | null; type: string; isOld: boolean } | null;
}

/** A message can be reacted to for so long (WhatsApp, reaction messages), days. */
export const REACTION_DAYS = 30;

interface LookupRow {
  tenant_id: number;
  default_source_id: number | null;
  default_status_id: number | null;
  default_assigned_id: number | null;
  enforce_service_window: boolean;
  message_expires_in_s: number;
  contact_count: number;
  limit_contacts: number;
  conversations: number;
  limit_conversations: number;
  number_id: number | null;
  rate_per_second: number | null;
  resumed_at: Date | null;
  paused_at: Date | null;
  paused_reason: string | null;
  contact_id: number | null;
  firstname: string | null;
  lastname: string | null;
  email: string | null;
  phone: string | null;
  whatsapp_user_id: string | null;
  is_opted_out: boolean | null;
  marketing_stopped: boolean | null;
  chat_id: number | null;
  service_window_expires_at: Date | null;
  window_open: boolean;
  conversation_open: boolean;
  referred_type: string | null;
  referred_wamid: string | null;
  referred_is_old: boolean | null;
}

// LATERAL with LIMIT keeps every look-up on its index, whatever the planner thinks of the size of the group:
// phone_numbers_one_default, phone_numbers_phone_number_id_key, contacts_pkey, contacts_tenant_phone,
// chats_number_id_contact_id_key, messages_pkey, messages_number_wamid. The last two are not even opened for a message
// that refers to none.
const LOOKUP = `
SELECT t.id AS tenant_id, t.default_source_id, t.default_status_id, t.default_assigned_id,
       t.enforce_service_window, t.message_expires_in_s, t.contact_count,
       coalesce(p.limit_contacts, -1) AS limit_contacts,
       coalesce(u.conversations, 0) AS conversations, coalesce(p.limit_conversations, -1) AS limit_conversations,
       n.id AS number_id, n.rate_per_second, n.resumed_at, n.paused_at, n.paused_reason,
       c.id AS contact_id, c.firstname, c.lastname, c.email, c.phone, c.whatsapp_user_id, c.is_opted_out,
       c.marketing_stopped,
       h.id AS chat_id, h.service_window_expires_at,
       coalesce(h.service_window_expires_at > now(), false) AS window_open,
       coalesce(h.conversation_expires_at > now(), false) AS conversation_open,
       r.type AS referred_type, r.wamid AS referred_wamid,
       coalesce(r.sent_at, r.created_at) < now() - interval '${REACTION_DAYS} days' AS referred_is_old
FROM unnest($1::int[], $2::text[], $3::int[], $4::text[], $5::bigint[], $6::text[]) WITH ORDINALITY
     AS i (tenant_id, sender, contact_id, phone, referred_id, referred_wamid, ord)
JOIN tenants t ON t.id = i.tenant_id
LEFT JOIN plans p ON p.id = plan_now(t.plan_id, t.plan_expires_at, t.plan_cancelled_at)
LEFT JOIN tenant_usage u ON u.tenant_id = t.id AND u.month = date_trunc('month', now())::date
LEFT JOIN LATERAL (
  (SELECT * FROM phone_numbers WHERE i.sender IS NULL AND tenant_id = i.tenant_id AND is_default LIMIT 1)
  UNION ALL
  (SELECT * FROM phone_numbers WHERE phone_number_id = i.sender AND tenant_id = i.tenant_id LIMIT 1)
) n ON true
LEFT JOIN LATERAL (
  (SELECT * FROM contacts WHERE id = i.contact_id AND tenant_id = i.tenant_id LIMIT 1)
  UNION ALL
  (SELECT * FROM contacts WHERE i.contact_id IS NULL AND tenant_id = i.tenant_id AND phone = i.phone LIMIT 1)
) c ON true
LEFT JOIN chats h ON h.number_id = n.id AND h.contact_id = c.id
LEFT JOIN LATERAL (
  (SELECT type, wamid, sent_at, created_at FROM messages
    WHERE id = i.referred_id AND chat_id = h.id AND tenant_id = i.tenant_id LIMIT 1)
  UNION ALL
  (SELECT type, wamid, sent_at, created_at FROM messages
    WHERE number_id = n.id AND wamid = i.referred_wamid AND chat_id = h.id AND tenant_id = i.tenant_id LIMIT 1)
) r ON true
ORDER BY i.ord`;

/** Reads the circumstances of each message, in the order given. */
export async function lookUp(sql: SqlRunner, messages: OutboundMessage[]): Promise<Circumstances[]> {
  const rows = await sql.query<LookupRow>('outbound_lookup', LOOKUP, [
    messages.map((message) => message.tenantId),
    messages.map((message) => message.from ?? null),
    messages.map((message) => message.contactId ?? null),
    messages.map((message) => message.phone ?? null),
    messages.map(({ refersTo }) => (refersTo && 'id' in refersTo.message ? refersTo.message.id : null)),
    messages.map(({ refersTo }) => (refersTo && 'wamid' in refersTo.message ? refersTo.message.wamid : null)),
  ]);
  if (rows.length !== messages.length) throw new Error('A message was looked up for a tenant that is not there');
  return rows.map(circumstancesOf);
}

function circumstancesOf(row: LookupRow): Circumstances {
  return {
    tenantId: row.tenant_id,
    defaultSourceId: row.default_source_id,
    defaultStatusId: row.default_status_id,
    defaultAssignedId: row.default_assigned_id,
    enforceServiceWindow: row.enforce_service_window,
    messageExpiresInS: row.message_expires_in_s,
    contactCount: row.contact_count,
    limitContacts: row.limit_contacts,
    conversations: row.conversations,
    limitConversations: row.limit_conversations,
    number:
      row.number_id === null || row.rate_per_second === null
        ? null
        : {
            id: row.number_id,
            ratePerSecond: row.rate_per_second,
            resumedAt: row.resumed_at,
            paused: row.paused_at !== null,
            pausedReason: row.paused_reason,
          },
    contact:
      row.contact_id === null
        ? null
        : {
            id: row.contact_id,
            firstname: row.firstname ?? '',
            lastname: row.lastname ?? '',
            email: row.email,
            phone: row.phone,
            whatsappUserId: row.whatsapp_user_id,
            isOptedOut: row.is_opted_out ?? false,
            marketingStopped: row.marketing_stopped ?? false,
          },
    chat:
      row.chat_id === null
        ? null
        : {
            id: row.chat_id,
            serviceWindowExpiresAt: row.window_open ? row.service_window_expires_at : null,
            conversationOpen: row.conversation_open,
          },
    windowOpen: row.window_open,
    referred:
      row.referred_type === null
        ? null
        : { type: row.referred_type, wamid: row.referred_wamid, isOld: row.referred_is_old ?? false },
  };
}
