import type { SqlRunner } from '../../platform/database/postgres.js';
import type { OutboundItem } from './outbound-message.js';

/** A message that was found sendable, with the rows it belongs to. */
export interface StorableMessage {
  item: OutboundItem;
  /** After merging. */
  text: string | null;
  content: Record<string, unknown>;
  chatId: number;
  contactId: number;
  numberId: number;
  ratePerSecond: number;
  numberResumedAt: Date | null;
  /** Due at once, for the feeder; else its own process has a moment to release it. */
  leftToFeeder: boolean;
  phone: string | null;
  whatsappUserId: string | null;
  /** The message that this one answers or reacts to. */
  replyToWamid: string | null;
  expiresInS: number;
  serviceWindowExpiresAt: Date | null;
}

/**
 * How long the accepting process has for its own release before the workers look after a row, seconds. A release
 * takes milliseconds; the margin covers a process that is busy, not one that is dead.
 */
const RELEASE_GRACE_S = 2;

/** A file that was referred to since is not marked again. The collector takes what nobody referred to for an hour. */
const LATELY_MINUTES = 30;

/** A message's id, and which stored file its media row refers to (an earlier one when the content was there already). */
export interface StoredMessage {
  id: number;
  /** An earlier message to the same recipient goes first: this one is not to be released now. */
  heldByLane: boolean;
  mediaStorageKey: string | null;
}

/**
 * Stores media rows and messages of a group; answers them in the order given. One whose recipient has an earlier
 * message on its way, in this group or before it, is stored as held by its lane, for `orderHoldS` seconds at most. A
 * scheduled one takes its place in the lane when its time has come: it holds nobody before, and looks then whom it has to
 * wait for.
 */
export async function insertMessages(
  sql: SqlRunner,
  messages: StorableMessage[],
  orderHoldS: number,
): Promise<StoredMessage[]> {
  const files = await upsertMediaFiles(sql, messages);
  // nextval once per row in a materialised CTE ties each id to its place; link and message are stored together. The
  // moment is taken when the chats are locked, so that due times follow the order in which a lane was appended to.
  const rows = await sql.query<{ id: number; held: boolean }>(
    'outbound_insert_messages',
    `WITH i AS MATERIALIZED (
       SELECT nextval('messages_id_seq') AS id,
              CASE WHEN u.public_id IS NULL THEN NULL ELSE nextval('media_links_id_seq') END AS link_id, u.*
         FROM unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::text[], $6::smallint[], $7::text[], $8::text[],
                     $9::text[], $10::jsonb[], $11::int[], $12::text[], $13::text[], $14::text[], $15::uuid[], $16::int[],
                     $17::int[], $19::text[], $20::timestamptz[], $21::int[])
              WITH ORDINALITY
              AS u (tenant_id, number_id, chat_id, contact_id, type, priority, phone, recipient_user_id,
                    body, content, media_file_id, public_id, filename, waiter, request_id, expires_in_s, grace_s,
                    reply_to_wamid, send_at, token_id, ord)),
     busy AS MATERIALIZED (
       SELECT chat_id
         FROM busy_lanes(ARRAY(SELECT DISTINCT chat_id FROM i WHERE priority > 0 AND send_at IS NULL))),
     moment AS MATERIALIZED (SELECT clock_timestamp() AS due_at FROM (SELECT count(*) FROM busy) AS locked),
     placed AS MATERIALIZED (
       SELECT i.*, coalesce(i.send_at, m.due_at) AS due_at,
              i.priority > 0 AND i.send_at IS NULL AND (b.chat_id IS NOT NULL
                OR row_number() OVER (PARTITION BY i.chat_id, i.priority > 0 AND i.send_at IS NULL ORDER BY i.ord) > 1)
                AS held
         FROM i CROSS JOIN moment m LEFT JOIN busy b USING (chat_id)),
     links AS (
       INSERT INTO media_links (id, tenant_id, media_file_id, public_id, filename)
       SELECT link_id, tenant_id, media_file_id, public_id, filename FROM i WHERE link_id IS NOT NULL),
     stored AS (
       INSERT INTO messages (id, tenant_id, number_id, chat_id, contact_id, direction, type, status, priority, phone,
                             recipient_user_id, body, content, media_link_id, waiter, request_id, generation, due_at,
                             send_at, held_by, next_at, expires_at, reply_to_wamid, token_id)
       SELECT id, tenant_id, number_id, chat_id, contact_id, 'outbound', type, 'queued', priority, phone,
              recipient_user_id, body, content, link_id, waiter, request_id, 1, due_at, send_at,
              CASE WHEN held THEN 'lane' END,
              CASE WHEN held THEN due_at + $18 * interval '1 second'
                   ELSE coalesce(send_at, now() + grace_s * interval '1 second') END,
              coalesce(send_at, now()) + expires_in_s * interval '1 second', reply_to_wamid, token_id
         FROM placed)
     SELECT id, held FROM placed ORDER BY ord`,
    [
      messages.map(({ item }) => item.message.tenantId),
      messages.map(({ numberId }) => numberId),
      messages.map(({ chatId }) => chatId),
      messages.map(({ contactId }) => contactId),
      messages.map(({ item }) => item.message.type),
      messages.map(({ item }) => item.message.priority),
      messages.map(({ phone }) => phone),
      messages.map(({ whatsappUserId }) => whatsappUserId),
      messages.map(({ text }) => text),
      messages.map(({ content }) => JSON.stringify(content)),
      messages.map(({ item }) => files.get(mediaKey(item))?.id ?? null),
      messages.map(({ item }) => item.message.media?.publicId ?? null),
      messages.map(({ item }) => item.message.media?.filename ?? null),
      messages.map(({ item }) => item.waiter),
      messages.map(({ item }) => item.message.requestId),
      messages.map(({ expiresInS }) => expiresInS),
      messages.map(({ leftToFeeder }) => (leftToFeeder ? 0 : RELEASE_GRACE_S)),
      orderHoldS,
      messages.map(({ replyToWamid }) => replyToWamid),
      messages.map(({ item }) => item.message.sendAt ?? null),
      messages.map(({ item }) => item.message.tokenId ?? null),
    ],
  );
  return messages.map(({ item }, position) => {
    const row = rows[position];
    if (!row) throw new Error('A message was stored without an id');
    return { id: row.id, heldByLane: row.held, mediaStorageKey: files.get(mediaKey(item))?.storage_key ?? null };
  });
}

const mediaKey = ({ message: { tenantId, media } }: OutboundItem): string =>
  media ? `${tenantId} ${media.sha256.toString('hex')} ${media.mimeType}` : '';

interface MediaFileRow {
  id: number;
  storage_key: string;
  key: string;
}

/**
 * One row per tenant, content and type; answers the rows by {@link mediaKey}. What was referred to lately is only read:
 * the groups of a campaign, all with one picture, would wait for each other's lock of its row. The collector leaves it
 * alone for twice as long as that.
 */
async function upsertMediaFiles(sql: SqlRunner, messages: StorableMessage[]): Promise<Map<string, MediaFileRow>> {
  const files = new Map<string, OutboundItem>();
  for (const { item } of messages) if (item.message.media) files.set(mediaKey(item), item);
  if (files.size === 0) return new Map();
  const keys = [...files.keys()].sort();
  const media = keys.map((key) => {
    const message = files.get(key)?.message;
    if (!message?.media) throw new Error('A media key without its media');
    return message.media;
  });
  const rows = await sql.query<MediaFileRow>(
    'outbound_upsert_media_files',
    `WITH i AS MATERIALIZED (
       SELECT * FROM unnest($1::int[], $2::bytea[], $3::int[], $4::text[], $5::text[])
         AS u (tenant_id, sha256, size_bytes, mime_type, storage_key)),
     lately AS MATERIALIZED (
       SELECT f.id, f.storage_key, f.tenant_id, f.sha256, f.mime_type
         FROM i JOIN media_files f USING (tenant_id, sha256, mime_type)
        WHERE f.referenced_at > now() - interval '${LATELY_MINUTES} minutes'),
     stored AS (
       INSERT INTO media_files (tenant_id, sha256, size_bytes, mime_type, storage_key)
       SELECT i.* FROM i WHERE NOT EXISTS (SELECT 1 FROM lately l
         WHERE l.tenant_id = i.tenant_id AND l.sha256 = i.sha256 AND l.mime_type = i.mime_type)
       ON CONFLICT (tenant_id, sha256, mime_type) DO UPDATE SET referenced_at = now()
       RETURNING id, storage_key, tenant_id, sha256, mime_type)
     SELECT id, storage_key, tenant_id || ' ' || encode(sha256, 'hex') || ' ' || mime_type AS key
       FROM (TABLE lately UNION ALL TABLE stored) AS f`,
    [
      media.map((file) => file.tenantId),
      media.map((file) => file.sha256),
      media.map((file) => file.sizeBytes),
      media.map((file) => file.mimeType),
      media.map((file) => file.storageKey),
    ],
  );
  return new Map(rows.map((row) => [row.key, row]));
}
