import type { SqlRunner } from '../../platform/database/postgres.js';
import type { FieldErrors } from '../../platform/http/api-error.js';
import { type ContactPlaces, takeContactPlacesUpTo } from '../../tenants/plan-places.js';
import type { CreateContactDto } from '../dto/save-contact.dto.js';
import type { IdentityHashes } from '../erase/identity-hashes.js';
import { EMAIL_TAKEN, foreignReferences, PHONE_TAKEN, takenIdentifiers } from './contact-faults.js';
import { insertContacts, type NewContact } from './insert-contacts.js';

/** What became of one contact that was to be created. */
export type Creation =
  | { readonly kind: 'created'; readonly id: number }
  | { readonly kind: 'refused'; readonly faults: FieldErrors }
  /** The plan has no room for it. */
  | { readonly kind: 'no_room' };

/** What became of all of them, in the order given, and what the plan said. */
export interface Creations {
  readonly outcomes: readonly Creation[];
  readonly places: ContactPlaces | null;
}

/** The phone is the key: one whose phone is taken is a duplicate, whatever else is wrong with it. */
export const isDuplicate = (creation: Creation): boolean =>
  creation.kind === 'refused' && (creation.faults.phone?.includes(PHONE_TAKEN) ?? false);

/**
 * Creates contacts of one tenant, all that can be created: references are the tenant's own, phone and e-mail are nobody
 * else's, not even another member's, and the plan has room (the first ones get it). Nothing is undone here; who wants
 * all or nothing rolls back.
 */
export async function createContacts(
  sql: SqlRunner,
  hashes: IdentityHashes,
  tenantId: number,
  contacts: readonly CreateContactDto[],
): Promise<Creations> {
  const faults = await findFaults(sql, tenantId, contacts);
  const sound = contacts.flatMap((contact, index) => (isEmpty(faults[index]) ? [{ contact, index }] : []));
  const inserted = await insertContacts(
    sql,
    hashes,
    sound.map(({ contact }) => newContact(tenantId, contact)),
  );
  const ids = new Map(inserted.map(({ phone, id }) => [phone, id]));
  const made = sound.flatMap(({ contact, index }) => {
    const id = ids.get(contact.phone);
    return id === undefined ? [] : [{ index, id }];
  });
  await explainMissing(sql, tenantId, sound, ids, faults);
  const places = made.length === 0 ? null : await takeContactPlacesUpTo(sql, tenantId, made.length);
  const kept = made.slice(0, places?.granted ?? 0);
  await takeBack(sql, tenantId, made.slice(kept.length));
  const created = new Map(kept.map(({ index, id }) => [index, id]));
  const outcomes = contacts.map((_, index): Creation => {
    const id = created.get(index);
    if (id !== undefined) return { kind: 'created', id };
    const refused = faults[index];
    return refused && !isEmpty(refused) ? { kind: 'refused', faults: refused } : { kind: 'no_room' };
  });
  return { outcomes, places };
}

async function findFaults(
  sql: SqlRunner,
  tenantId: number,
  contacts: readonly CreateContactDto[],
): Promise<FieldErrors[]> {
  if (contacts.length === 0) return [];
  const foreign = await foreignReferences(sql, tenantId, contacts);
  const taken = await takenIdentifiers(sql, tenantId, contacts);
  const phones = new Set<string>();
  const emails = new Set<string>();
  return contacts.map(({ phone, email }, index) => {
    const faults: FieldErrors = { ...foreign[index], ...taken[index] };
    if (phones.has(phone)) faults.phone = [PHONE_TAKEN];
    if (email && emails.has(email.toLowerCase())) faults.email = [EMAIL_TAKEN];
    // Only a member that is created takes anything from those after it.
    if (isEmpty(faults)) {
      phones.add(phone);
      if (email) emails.add(email.toLowerCase());
    }
    return faults;
  });
}

/** Somebody else took the phone or the e-mail between our look and our insert, and has committed since. */
async function explainMissing(
  sql: SqlRunner,
  tenantId: number,
  sound: readonly { contact: CreateContactDto; index: number }[],
  ids: ReadonlyMap<string | null, number>,
  faults: FieldErrors[],
): Promise<void> {
  const missing = sound.filter(({ contact }) => !ids.has(contact.phone));
  if (missing.length === 0) return;
  const taken = await takenIdentifiers(
    sql,
    tenantId,
    missing.map(({ contact }) => contact),
  );
  for (const [position, { index }] of missing.entries()) {
    const found = taken[position];
    // Who took it may be deleted again by now; it was taken all the same.
    faults[index] = found && !isEmpty(found) ? found : { phone: [PHONE_TAKEN] };
  }
}

async function takeBack(sql: SqlRunner, tenantId: number, surplus: readonly { id: number }[]): Promise<void> {
  if (surplus.length === 0) return;
  await sql.query('contacts_take_back', 'DELETE FROM contacts WHERE tenant_id = $1 AND id = ANY ($2::int[])', [
    tenantId,
    surplus.map(({ id }) => id),
  ]);
}

const isEmpty = (faults: FieldErrors | undefined): boolean => !faults || Object.keys(faults).length === 0;

const newContact = (tenantId: number, contact: CreateContactDto): NewContact => ({
  tenantId,
  phone: contact.phone,
  firstname: contact.firstname,
  lastname: contact.lastname,
  type: contact.type,
  email: contact.email,
  company: contact.company,
  description: contact.description,
  city: contact.city,
  state: contact.state,
  zip: contact.zip,
  address: contact.address,
  countryId: contact.country_id,
  sourceId: contact.source_id,
  statusId: contact.status_id,
  assignedId: contact.assigned_id,
  groupIds: memberships(contact.groups),
});

/** Ids of groups as they are stored: each once, in order. */
export const memberships = (groups: readonly number[] | null | undefined): number[] =>
  [...new Set(groups ?? [])].sort((a, b) => a - b);
