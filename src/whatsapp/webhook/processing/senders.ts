import type { IdentityHashes } from '../../../contacts/erase/identity-hashes.js';
import { insertContacts } from '../../../contacts/store/insert-contacts.js';
import type { SqlRunner } from '../../../platform/database/postgres.js';
import type { MessageItem } from '../body/items.js';
import { ContactDirectory, type KnownContact } from './contact-directory.js';

/** A message with the tenant whose number it came to. */
export interface TenantMessage {
  readonly tenantId: number;
  readonly item: MessageItem;
}

export interface ResolvedSenders {
  /** contacts.id of each message, in the order given. */
  readonly contactIds: number[];
  /** How many contacts were made, by tenant. */
  readonly created: ReadonlyMap<number, number>;
}

const FIRSTNAME_LENGTH = 255;
/** A new contact whose key somebody else stored first is looked up again this often. */
const ROUNDS = 3;

/**
 * Finds or makes the contact of every message, and stores what the messages tell about it. New contacts count in the
 * tenant's usage (the caller passes `created` to `countUninvitedContacts`) but are never refused: a customer who writes
 * is always let in.
 */
export async function resolveSenders(
  sql: SqlRunner,
  hashes: IdentityHashes,
  messages: readonly TenantMessage[],
): Promise<ResolvedSenders> {
  const created = new Map<number, number>();
  for (let round = 1; ; round += 1) {
    const directory = await loadDirectory(sql, messages);
    const senders = messages.map(({ tenantId, item }) => directory.recognise(tenantId, item.sender, item.becomes));
    const unknown = [...new Set(senders.filter((contact) => contact.id === null))];
    if (unknown.length > 0) await createContacts(sql, hashes, unknown);
    for (const { id, tenantId } of unknown) if (id !== null) created.set(tenantId, (created.get(tenantId) ?? 0) + 1);
    if (senders.every((contact) => contact.id !== null)) {
      await updateContacts(
        sql,
        [...new Set(senders)].filter((contact) => hasLearned(contact) && !unknown.includes(contact)),
      );
      return { contactIds: senders.map((contact) => contact.id ?? 0), created };
    }
    // Somebody else made one of them meanwhile; now it is committed and can be seen.
    if (round === ROUNDS) throw new Error('A new contact can neither be stored nor found');
  }
}

async function loadDirectory(sql: SqlRunner, messages: readonly TenantMessage[]): Promise<ContactDirectory> {
  const wanted = new Map<string, { tenantId: number; phone: string | null; userId: string | null }>();
  for (const { tenantId, item } of messages) {
    for (const identity of item.becomes ? [item.sender, item.becomes] : [item.sender]) {
      const { phone, userId } = identity;
      wanted.set(`${tenantId} ${phone} ${userId}`, { tenantId, phone, userId });
    }
  }
  const keys = [...wanted.values()];
  // LATERAL keeps both look-ups on their indexes: contacts_tenant_phone, contacts_tenant_user.
  const rows = await sql.query<{
    id: number;
    tenant_id: number;
    phone: string | null;
    whatsapp_user_id: string | null;
    profile_name: string | null;
  }>(
    'webhook-contacts',
    `SELECT DISTINCT c.id, c.tenant_id, c.phone, c.whatsapp_user_id, c.profile_name
       FROM unnest($1::int[], $2::text[], $3::text[]) AS i (tenant_id, phone, user_id)
      CROSS JOIN LATERAL (
        (SELECT * FROM contacts WHERE tenant_id = i.tenant_id AND phone = i.phone LIMIT 1)
        UNION ALL
        (SELECT * FROM contacts WHERE tenant_id = i.tenant_id AND whatsapp_user_id = i.user_id LIMIT 1)
      ) c`,
    [keys.map((key) => key.tenantId), keys.map((key) => key.phone), keys.map((key) => key.userId)],
  );
  return new ContactDirectory(
    rows.map((row) => ({
      id: row.id,
      tenantId: row.tenant_id,
      phone: row.phone,
      userId: row.whatsapp_user_id,
      profileName: row.profile_name,
      learned: {},
    })),
  );
}

const keyOf = (tenantId: number, phone: string | null, userId: string | null): string =>
  `${tenantId} ${phone ?? ''} ${userId ?? ''}`;

/** Stores new contacts and sets their ids; one that somebody else stored meanwhile keeps id null. */
async function createContacts(sql: SqlRunner, hashes: IdentityHashes, contacts: KnownContact[]): Promise<void> {
  const made = await insertContacts(
    sql,
    hashes,
    contacts.map((contact) => ({
      tenantId: contact.tenantId,
      phone: contact.phone,
      whatsappUserId: contact.userId,
      profileName: contact.profileName,
      firstname: firstnameOf(contact),
      lastname: '',
      type: 'by-defaults',
    })),
  );
  const ids = new Map(
    made.map(({ id, tenantId, phone, whatsappUserId }) => [keyOf(tenantId, phone, whatsappUserId), id]),
  );
  for (const contact of contacts) {
    contact.id = ids.get(keyOf(contact.tenantId, contact.phone, contact.userId)) ?? null;
  }
}

/** Code points, so that no emoji is cut in half. */
function firstnameOf({ profileName, phone, userId }: KnownContact): string {
  return [...(profileName ?? phone ?? userId ?? '')].slice(0, FIRSTNAME_LENGTH).join('');
}

const hasLearned = ({ learned }: KnownContact): boolean => Object.keys(learned).length > 0;

/** Writes what known contacts learned, and nothing else of them. */
async function updateContacts(sql: SqlRunner, contacts: KnownContact[]): Promise<void> {
  if (contacts.length === 0) return;
  await sql.query(
    'webhook-contacts-update',
    `WITH locked AS MATERIALIZED (
       SELECT c.id, i.phone, i.user_id, i.profile_name
         FROM unnest($1::int[], $2::text[], $3::text[], $4::text[]) AS i (id, phone, user_id, profile_name)
         JOIN contacts c ON c.id = i.id
        ORDER BY c.id FOR NO KEY UPDATE OF c)
     UPDATE contacts c
        SET phone = coalesce(l.phone, c.phone), whatsapp_user_id = coalesce(l.user_id, c.whatsapp_user_id),
            profile_name = coalesce(l.profile_name, c.profile_name), updated_at = now()
       FROM locked l WHERE c.id = l.id`,
    [
      contacts.map((contact) => contact.id),
      contacts.map(({ learned }) => learned.phone ?? null),
      contacts.map(({ learned }) => learned.userId ?? null),
      contacts.map(({ learned }) => learned.profileName ?? null),
    ],
  );
}
