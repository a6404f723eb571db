import type { SqlRunner } from '../../../platform/database/postgres.js';
import type { MessageItem } from '../body/items.js';
import { ContactDirectory, type KnownContact } from './contact-directory.js';

/** A message with the tenant whose number it came to. */
export interface TenantMessage {
  readonly tenantId: number;
  readonly item: MessageItem;
}

const FIRSTNAME_LENGTH = 255;
/** A new contact whose key somebody else stored first is looked up again this often. */
const ROUNDS = 3;

/**
 * Finds or makes the contact of every message, and stores what the messages tell about it. New contacts count in the
 * tenant's usage but are never refused: a customer who writes is always let in.
 * @returns the contact's id of each message, in the order given
 */
export async function resolveSenders(sql: SqlRunner, messages: readonly TenantMessage[]): Promise<number[]> {
  for (let round = 1; ; round += 1) {
    const directory = await loadDirectory(sql, messages);
    const senders = messages.map(({ tenantId, item }) => directory.recognise(tenantId, item.sender, item.becomes));
    const unknown = [...new Set(senders.filter((contact) => contact.id === null))];
    if (unknown.length > 0) await createContacts(sql, unknown);
    if (senders.every((contact) => contact.id !== null)) {
      await updateContacts(
        sql,
        [...new Set(senders)].filter((contact) => contact.changed && !unknown.includes(contact)),
      );
      return senders.map((contact) => contact.id ?? 0);
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
      changed: false,
    })),
  );
}

const keyOf = (phone: string | null, userId: string | null): string => `${phone ?? ''} ${userId ?? ''}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Stores new contacts and sets their ids; one that somebody else stored meanwhile keeps id null. */
async function createContacts(sql: SqlRunner, contacts: KnownContact[]): Promise<void> {
  const sorted = [...contacts].sort(
    (a, b) => a.tenantId - b.tenantId || compare(keyOf(a.phone, a.userId), keyOf(b.phone, b.userId)),
  );
  // The tenants' rows first, as sends lock them too.
  await countContacts(sql, sorted, 1);
  const rows = await sql.query<{ id: number; tenant_id: number; phone: string | null; user_id: string | null }>(
    'webhook-contacts-insert',
    `INSERT INTO contacts (tenant_id, phone, whatsapp_user_id, firstname, profile_name, type, source_id, status_id, assigned_id)
     SELECT i.tenant_id, i.phone, i.user_id, i.firstname, i.profile_name,
            CASE WHEN d.complete THEN 'lead' ELSE 'guest' END,
            CASE WHEN d.complete THEN t.default_source_id END,
            CASE WHEN d.complete THEN t.default_status_id END,
            CASE WHEN d.complete THEN t.default_assigned_id END
       FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY
            AS i (tenant_id, phone, user_id, firstname, profile_name, ord)
       JOIN tenants t ON t.id = i.tenant_id
      CROSS JOIN LATERAL (SELECT t.default_source_id IS NOT NULL AND t.default_status_id IS NOT NULL
                                 AND t.default_assigned_id IS NOT NULL AS complete) d
      ORDER BY i.ord
     ON CONFLICT DO NOTHING
     RETURNING id, tenant_id, phone, whatsapp_user_id AS user_id`,
    [
      sorted.map((contact) => contact.tenantId),
      sorted.map((contact) => contact.phone),
      sorted.map((contact) => contact.userId),
      sorted.map((contact) => firstnameOf(contact)),
      sorted.map((contact) => contact.profileName),
    ],
  );
  const ids = new Map(rows.map((row) => [`${row.tenant_id} ${keyOf(row.phone, row.user_id)}`, row.id]));
  for (const contact of sorted) {
    contact.id = ids.get(`${contact.tenantId} ${keyOf(contact.phone, contact.userId)}`) ?? null;
  }
  const surplus = sorted.filter((contact) => contact.id === null);
  if (surplus.length > 0) await countContacts(sql, surplus, -1);
}

/** Code points, so that no emoji is cut in half. */
function firstnameOf({ profileName, phone, userId }: KnownContact): string {
  return [...(profileName ?? phone ?? userId ?? '')].slice(0, FIRSTNAME_LENGTH).join('');
}

async function countContacts(sql: SqlRunner, contacts: readonly KnownContact[], sign: 1 | -1): Promise<void> {
  const counts = new Map<number, number>();
  for (const { tenantId } of contacts) counts.set(tenantId, (counts.get(tenantId) ?? 0) + sign);
  const tenantIds = [...counts.keys()].sort((a, b) => a - b);
  await sql.query(
    'webhook-contacts-count',
    `WITH locked AS (SELECT id FROM tenants WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE)
     UPDATE tenants t SET contact_count = t.contact_count + i.n
       FROM locked JOIN unnest($1::int[], $2::int[]) AS i (tenant_id, n) ON i.tenant_id = locked.id
      WHERE t.id = locked.id`,
    [tenantIds, tenantIds.map((id) => counts.get(id) ?? 0)],
  );
}

/** Writes what known contacts learned. */
async function updateContacts(sql: SqlRunner, contacts: KnownContact[]): Promise<void> {
  if (contacts.length === 0) return;
  const sorted = [...contacts].sort((a, b) => (a.id ?? 0) - (b.id ?? 0));
  await sql.query(
    'webhook-contacts-update',
    `WITH locked AS (SELECT id FROM contacts WHERE id = ANY ($1) ORDER BY id FOR UPDATE)
     UPDATE contacts c SET phone = i.phone, whatsapp_user_id = i.user_id, profile_name = i.profile_name, updated_at = now()
       FROM locked JOIN unnest($1::int[], $2::text[], $3::text[], $4::text[])
            AS i (id, phone, user_id, profile_name) ON i.id = locked.id
      WHERE c.id = locked.id`,
    [
      sorted.map((contact) => contact.id),
      sorted.map((contact) => contact.phone),
      sorted.map((contact) => contact.userId),
      sorted.map((contact) => contact.profileName),
    ],
  );
}
