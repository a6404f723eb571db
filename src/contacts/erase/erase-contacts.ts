import { cancelOfContacts } from '../../delivery/cancel/cancel-of-contacts.js';
import { forgetPayloads } from '../../integrations/store/forget-payloads.js';
import { forgetCodes } from '../../otp/store/forget-codes.js';
import { recordChanges } from '../../platform/audit/audit-trail.js';
import type { SqlRunner } from '../../platform/database/postgres.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { giveBackContactPlaces } from '../../tenants/plan-places.js';
import type { IdentityHashes } from './identity-hashes.js';

interface LockedContact {
  id: number;
  phone: string | null;
  whatsapp_user_id: string | null;
  opted_out_at: Date | null;
}

/** A contact's part in the program, in the order in which rows are locked: chats, then messages. Index chats_contact. */
const LEAVE_CHATS = `
WITH locked AS MATERIALIZED (
  SELECT id FROM chats WHERE tenant_id = $1 AND contact_id = ANY ($2::int[]) ORDER BY id FOR UPDATE),
receipts AS (DELETE FROM read_receipts r USING locked l WHERE r.chat_id = l.id)
UPDATE chats h SET contact_id = NULL, unread_count = 0, updated_at = now() FROM locked l WHERE h.id = l.id`;

/** Index messages_contact. What the customer sent as a file is served no more, and collected with its link. */
const ERASE_MESSAGES = `
WITH picked AS MATERIALIZED (
  SELECT id, direction, media_link_id FROM messages
   WHERE tenant_id = $1 AND contact_id = ANY ($2::int[]) ORDER BY id FOR UPDATE),
orders AS (DELETE FROM inbound_media o USING picked p WHERE o.message_id = p.id),
links AS (
  UPDATE media_links l SET expires_at = now()
    FROM picked p WHERE p.direction = 'inbound' AND l.id = p.media_link_id AND l.tenant_id = $1)
UPDATE messages m
   SET contact_id = NULL, phone = NULL, recipient_user_id = NULL, body = NULL, content = '{}', updated_at = now()
  FROM picked p WHERE m.id = p.id`;

/**
 * Deletes contacts of a tenant for good. What has not left for them is cancelled; their messages stay as rows with times
 * and states, without phone and text; who had opted out is remembered by a hash, so that a contact which comes back is
 * opted out again. Unknown ids are passed over.
 * @returns the ids that were deleted
 */
export async function eraseContacts(
  sql: SqlRunner,
  hashes: IdentityHashes,
  author: AuthenticatedTenant,
  ids: readonly number[],
): Promise<number[]> {
  const { tenantId } = author;
  // Who refers to a contact (a chat, a message) waits for this lock, and then finds no contact.
  const contacts = await sql.query<LockedContact>(
    'contacts_lock_to_erase',
    `SELECT id, phone, whatsapp_user_id, CASE WHEN is_opted_out THEN coalesce(opted_out_at, now()) END AS opted_out_at
       FROM contacts WHERE tenant_id = $1 AND id = ANY ($2::bigint[]) ORDER BY id FOR UPDATE`,
    [tenantId, ids],
  );
  if (contacts.length === 0) return [];
  const found = contacts.map(({ id }) => id);
  await sql.query('contacts_leave_chats', LEAVE_CHATS, [tenantId, found]);
  const phones = contacts.flatMap(({ phone }) => phone ?? []);
  // Before the messages: who verifies a code has locked its phone, and then wants the message that brought it.
  await forgetCodes(sql, tenantId, phones);
  await cancelOfContacts(sql, tenantId, found);
  await sql.query('contacts_erase_messages', ERASE_MESSAGES, [tenantId, found]);
  await forgetPayloads(sql, tenantId, found, phones);
  await rememberOptOuts(sql, hashes, tenantId, contacts);
  await sql.query('contacts_delete', 'DELETE FROM contacts WHERE tenant_id = $1 AND id = ANY ($2::int[])', [
    tenantId,
    found,
  ]);
  await recordChanges(sql, author, [{ action: 'contact.deleted', ids: found }]);
  await giveBackContactPlaces(sql, tenantId, found.length);
  return found;
}

/** Of who receives messages nothing is kept, nor of an earlier opt-out. Primary key of forgotten_opt_outs. */
async function rememberOptOuts(
  sql: SqlRunner,
  hashes: IdentityHashes,
  tenantId: number,
  contacts: readonly LockedContact[],
): Promise<void> {
  const kept: { hash: string; at: Date }[] = [];
  const dropped: string[] = [];
  for (const { phone, whatsapp_user_id: whatsappUserId, opted_out_at: at } of contacts) {
    for (const hash of await hashes.of(tenantId, { phone, whatsappUserId })) {
      if (at) kept.push({ hash, at });
      else dropped.push(hash);
    }
  }
  if (dropped.length > 0) {
    await sql.query(
      'contacts_drop_opt_outs',
      'DELETE FROM forgotten_opt_outs WHERE tenant_id = $1 AND identity_hash = ANY ($2::text[])',
      [tenantId, dropped],
    );
  }
  if (kept.length === 0) return;
  kept.sort((a, b) => (a.hash < b.hash ? -1 : 1));
  await sql.query(
    'contacts_remember_opt_outs',
    `INSERT INTO forgotten_opt_outs AS f (tenant_id, identity_hash, opted_out_at)
     SELECT $1, i.hash, i.at FROM unnest($2::text[], $3::timestamptz[]) AS i (hash, at)
     ON CONFLICT (tenant_id, identity_hash) DO UPDATE SET opted_out_at = EXCLUDED.opted_out_at`,
    [tenantId, kept.map(({ hash }) => hash), kept.map(({ at }) => at)],
  );
}
