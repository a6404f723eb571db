import type { IdentityHashes } from '../../../contacts/erase/identity-hashes.js';
import { changeOptStates } from '../../../contacts/opt-out/opt-states.js';
import type { ContactReference } from '../../../delivery/status/recipient-refusals.js';
import type { SqlRunner } from '../../../platform/database/postgres.js';
import type { MessageItem } from '../body/items.js';
import type { InboxItem } from './inbox-item.js';
import { orderMedia } from './order-media.js';
import { optRequests } from './opt-requests.js';
import type { RoutedNumber } from './routes.js';
import { resolveSenders } from './senders.js';

/** A customer's message with the number it came to. */
export interface InboundMessage {
  readonly entry: InboxItem<MessageItem>;
  readonly number: RoutedNumber;
}

/** Neither opens the service window nor waits to be read (reference: WhatsApp, "Send messages", service window). */
const WITHOUT_WINDOW = new Set(['reaction', 'system', 'unsupported']);
/** Nobody has to read these. */
const WITHOUT_READING = new Set(['reaction', 'system', 'call']);

const keyOf = (numberId: number, wamid: string): string => `${numberId} ${wamid}`;

/** What customers' messages did. */
export interface StoredInbound {
  /** The numbers of those that were new, one for each message. */
  readonly numbers: RoutedNumber[];
  /** Contacts who opted out by a word. */
  readonly optedOut: ContactReference[];
  /** How many contacts were made, by tenant. */
  readonly created: ReadonlyMap<number, number>;
}

/**
 * Stores customers' messages, each once, however often it comes, with contact, chat and service window. A word that
 * opts out or in counts by its own time, so that one that comes late or again does not undo a newer one. Locks contacts,
 * then chats. What waits for those who opted out, and the count of new contacts, are the caller's.
 */
export async function storeInboundMessages(
  sql: SqlRunner,
  hashes: IdentityHashes,
  inbound: readonly InboundMessage[],
): Promise<StoredInbound> {
  const messages = await withoutRepeats(sql, inbound);
  if (messages.length === 0) return { numbers: [], optedOut: [], created: new Map() };
  const { contactIds, created } = await resolveSenders(
    sql,
    hashes,
    messages.map(({ entry, number }) => ({ tenantId: number.tenantId, item: entry.item })),
  );
  const requests = await optRequests(
    sql,
    messages.map(({ entry, number }, index) => ({
      tenantId: number.tenantId,
      contactId: contactIds[index] ?? 0,
      word: entry.item.word,
      at: sentAtOf(entry),
    })),
  );
  const changed = requests.length > 0 ? await changeOptStates(sql, requests) : [];
  const chatIds = await openChats(sql, messages, contactIds);
  const stored = await insertMessages(sql, messages, contactIds, chatIds);
  const idOf = ({ number, entry }: InboundMessage) => stored.get(keyOf(number.numberId, entry.item.wamid));
  const isNew = (message: InboundMessage): boolean => idOf(message) !== undefined;
  await orderMedia(
    sql,
    messages.flatMap((message) => {
      const { number, entry } = message;
      const messageId = idOf(message);
      return messageId !== undefined && entry.item.media
        ? [{ messageId, tenantId: number.tenantId, ...entry.item.media }]
        : [];
    }),
  );
  await moveChats(
    sql,
    messages.flatMap((message, index) => {
      const chatId = chatIds[index];
      return chatId !== undefined && isNew(message) ? [{ chatId, entry: message.entry }] : [];
    }),
  );
  const optedOut = changed
    .filter((contact) => contact.is_opted_out)
    .map(({ id, tenant_id }) => ({ tenantId: tenant_id, contactId: id }));
  return { numbers: messages.filter(isNew).map(({ number }) => number), optedOut, created };
}

/** Drops what the batch names twice and what is stored already, so that a repeat touches neither contact nor chat. */
async function withoutRepeats(sql: SqlRunner, inbound: readonly InboundMessage[]): Promise<InboundMessage[]> {
  const first = new Map<string, InboundMessage>();
  for (const message of inbound) {
    const key = keyOf(message.number.numberId, message.entry.item.wamid);
    if (!first.has(key)) first.set(key, message);
  }
  const messages = [...first.values()];
  if (messages.length === 0) return [];
  const rows = await sql.query<{ number_id: number; wamid: string }>(
    'webhook-messages-known',
    `SELECT m.number_id, m.wamid FROM unnest($1::int[], $2::text[]) AS i (number_id, wamid)
       JOIN messages m ON m.number_id = i.number_id AND m.wamid = i.wamid`,
    [messages.map(({ number }) => number.numberId), messages.map(({ entry }) => entry.item.wamid)],
  );
  for (const row of rows) first.delete(keyOf(row.number_id, row.wamid));
  return [...first.values()];
}

/** The chat of each message between its number and its contact, made where there is none. */
async function openChats(
  sql: SqlRunner,
  messages: readonly InboundMessage[],
  contactIds: readonly number[],
): Promise<number[]> {
  const wanted = new Map<string, { tenantId: number; numberId: number; contactId: number }>();
  messages.forEach(({ number }, index) => {
    const contactId = contactIds[index] ?? 0;
    wanted.set(`${number.numberId} ${contactId}`, { ...number, contactId });
  });
  const pairs = [...wanted.values()].sort((a, b) => a.numberId - b.numberId || a.contactId - b.contactId);
  const parameters = [
    pairs.map((pair) => pair.tenantId),
    pairs.map((pair) => pair.numberId),
    pairs.map((pair) => pair.contactId),
  ];
  // Those that are there are left alone: a conflict costs an id and a dead row.
  await sql.query(
    'webhook-chats-insert',
    `INSERT INTO chats (tenant_id, number_id, contact_id)
     SELECT i.tenant_id, i.number_id, i.contact_id
       FROM unnest($1::int[], $2::int[], $3::int[]) WITH ORDINALITY AS i (tenant_id, number_id, contact_id, ord)
      WHERE NOT EXISTS (SELECT FROM chats c WHERE c.number_id = i.number_id AND c.contact_id = i.contact_id)
      ORDER BY i.ord
     ON CONFLICT (number_id, contact_id) DO NOTHING`,
    parameters,
  );
  const rows = await sql.query<{ id: number; number_id: number; contact_id: number }>(
    'webhook-chats',
    `SELECT c.id, c.number_id, c.contact_id FROM unnest($1::int[], $2::int[]) AS i (number_id, contact_id)
       JOIN chats c ON c.number_id = i.number_id AND c.contact_id = i.contact_id`,
    parameters.slice(1),
  );
  const ids = new Map(rows.map((row) => [`${row.number_id} ${row.contact_id}`, row.id]));
  return messages.map(({ number }, index) => {
    const id = ids.get(`${number.numberId} ${contactIds[index] ?? 0}`);
    if (id === undefined) throw new Error('A chat that was just made is not there');
    return id;
  });
}

/** @returns the ids of the messages that were not there before, by their keys */
async function insertMessages(
  sql: SqlRunner,
  messages: readonly InboundMessage[],
  contactIds: readonly number[],
  chatIds: readonly number[],
): Promise<Map<string, number>> {
  // In the order of arrival, so that ids within a chat follow it (index messages_number_wamid guards repeats).
  const rows = await sql.query<{ id: number; number_id: number; wamid: string }>(
    'webhook-messages-insert',
    `INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, phone,
                           recipient_user_id, body, content, wamid, reply_to_wamid, request_id, sent_at, created_at,
                           due_at, error_code, error_title, error_details)
     SELECT i.tenant_id, i.number_id, i.chat_id, i.contact_id, 'inbound', i.type, 'received', i.phone, i.user_id,
            i.body, i.content::jsonb, i.wamid, i.reply_to, i.request_id, i.sent_at, i.created_at, i.created_at,
            i.error_code, i.error_title, i.error_details
       FROM unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[],
                   $9::text[], $10::text[], $11::uuid[], $12::timestamptz[], $13::timestamptz[], $14::text[], $15::text[],
                   $16::text[], $17::text[]) WITH ORDINALITY
            AS i (tenant_id, number_id, chat_id, contact_id, type, phone, body, content, wamid, reply_to, request_id,
                  sent_at, created_at, user_id, error_code, error_title, error_details, ord)
      ORDER BY i.ord
     ON CONFLICT (number_id, wamid) WHERE wamid IS NOT NULL DO NOTHING
     RETURNING id, number_id, wamid`,
    [
      messages.map(({ number }) => number.tenantId),
      messages.map(({ number }) => number.numberId),
      chatIds,
      contactIds,
      messages.map(({ entry }) => entry.item.type),
      messages.map(({ entry }) => entry.item.sender.phone),
      messages.map(({ entry }) => entry.item.body),
      messages.map(({ entry }) => entry.item.content),
      messages.map(({ entry }) => entry.item.wamid),
      messages.map(({ entry }) => entry.item.replyToWamid),
      messages.map(({ entry }) => entry.requestId),
      messages.map(({ entry }) => sentAtOf(entry)),
      messages.map(({ entry }) => entry.receivedAt),
      messages.map(({ entry }) => entry.item.sender.userId),
      messages.map(({ entry }) => entry.item.error && String(entry.item.error.code)),
      messages.map(({ entry }) => entry.item.error?.title ?? null),
      messages.map(({ entry }) => entry.item.error?.details ?? null),
    ],
  );
  return new Map(rows.map((row) => [keyOf(row.number_id, row.wamid), row.id]));
}

/** WhatsApp's own time, for webhooks may be days late; never later than the arrival, whatever a clock says. */
function sentAtOf({ item, receivedAt }: InboxItem<MessageItem>): Date {
  return item.sentAt !== null && item.sentAt < receivedAt ? item.sentAt : receivedAt;
}

/** Moves chats to their newest message, their service windows forward, never back, and counts what waits to be read. */
async function moveChats(
  sql: SqlRunner,
  stored: readonly { chatId: number; entry: InboxItem<MessageItem> }[],
): Promise<void> {
  const chats = new Map<number, { unread: number; inboundAt: Date | null; messageAt: Date }>();
  for (const { chatId, entry } of stored) {
    const chat = chats.get(chatId) ?? { unread: 0, inboundAt: null, messageAt: entry.receivedAt };
    if (!WITHOUT_READING.has(entry.item.type)) chat.unread += 1;
    const sentAt = WITHOUT_WINDOW.has(entry.item.type) ? null : sentAtOf(entry);
    if (sentAt !== null && (chat.inboundAt === null || sentAt > chat.inboundAt)) chat.inboundAt = sentAt;
    if (entry.receivedAt > chat.messageAt) chat.messageAt = entry.receivedAt;
    chats.set(chatId, chat);
  }
  const moved = [...chats];
  if (moved.length === 0) return;
  // GREATEST passes over nulls. What was said before WhatsApp refused a message for a closed window does not open it;
  // customers' times have whole seconds, so of two in one second the one that is learned of later counts.
  await sql.query(
    'webhook-chats-move',
    `WITH locked AS MATERIALIZED (
       SELECT c.id, i.inbound_at, i.unread, i.message_at
         FROM unnest($1::int[], $2::timestamptz[], $3::int[], $4::timestamptz[]) AS i (id, inbound_at, unread, message_at)
         JOIN chats c ON c.id = i.id
        ORDER BY c.id FOR NO KEY UPDATE OF c)
     UPDATE chats c
        SET last_inbound_at = GREATEST(c.last_inbound_at, l.inbound_at),
            service_window_expires_at =
              CASE WHEN c.window_refused_at IS NULL OR l.inbound_at >= date_trunc('second', c.window_refused_at)
                   THEN GREATEST(c.service_window_expires_at, l.inbound_at + interval '24 hours')
                   ELSE c.service_window_expires_at END,
            unread_count = c.unread_count + l.unread,
            last_message_at = GREATEST(c.last_message_at, l.message_at),
            updated_at = now()
       FROM locked l WHERE c.id = l.id`,
    [
      moved.map(([id]) => id),
      moved.map(([, chat]) => chat.inboundAt),
      moved.map(([, chat]) => chat.unread),
      moved.map(([, chat]) => chat.messageAt),
    ],
  );
}
