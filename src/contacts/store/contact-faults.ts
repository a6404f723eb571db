import { isServerError } from '../../platform/database/database-errors.js';
import type { SqlRunner } from '../../platform/database/postgres.js';
import type { FieldErrors } from '../../platform/http/api-error.js';

/** What of a contact has to fit the tenant's other records; what is absent or null is not looked at. */
export interface References {
  readonly source_id?: number | null;
  readonly status_id?: number | null;
  readonly assigned_id?: number | null;
  readonly groups?: readonly number[] | null;
}

/** What no two contacts of a tenant share. */
export interface Identifiers {
  readonly phone?: string | null;
  readonly email?: string | null;
}

export const PHONE_TAKEN = 'Another contact has this phone already.';
export const EMAIL_TAKEN = 'Another contact has this e-mail already.';
const FOREIGN = {
  source_id: 'There is no such source.',
  status_id: 'There is no such status.',
  assigned_id: 'There is no such member of your staff.',
  groups: 'There is no such group.',
} as const;

/** Largest id that the database's integer columns hold; beyond it there is nothing to look for. */
const isPossibleId = (id: number): boolean => id > 0 && id <= 2_147_483_647;

/** The ids of a tenant's records, by kind, among those that were asked for. */
class Owned {
  private readonly ids = new Map<string, Set<number>>();

  add(kind: string, id: number): void {
    const ids = this.ids.get(kind);
    if (ids) ids.add(id);
    else this.ids.set(kind, new Set([id]));
  }

  has(kind: keyof typeof FOREIGN, id: number): boolean {
    return this.ids.get(kind)?.has(id) ?? false;
  }
}

/**
 * What of these contacts names records that the tenant does not have, by field (`groups.1`), in the order given. The
 * groups are kept from being deleted until the transaction ends: a deleted one must not come back as a member's id. Their
 * rows are locked before any contact.
 */
export async function foreignReferences(
  sql: SqlRunner,
  tenantId: number,
  contacts: readonly References[],
): Promise<FieldErrors[]> {
  const owned = new Owned();
  const groups = idsOf(contacts.flatMap((contact) => contact.groups ?? []));
  if (groups.length > 0) {
    const rows = await sql.query<{ id: number }>(
      'contacts_keep_groups',
      'SELECT id FROM groups WHERE tenant_id = $1 AND id = ANY ($2::int[]) ORDER BY id FOR KEY SHARE',
      [tenantId, groups],
    );
    for (const { id } of rows) owned.add('groups', id);
  }
  const [sources, statuses, staff] = (['source_id', 'status_id', 'assigned_id'] as const).map((field) =>
    idsOf(contacts.map((contact) => contact[field])),
  );
  // Primary keys.
  const rows = await sql.query<{ kind: string; id: number }>(
    'contacts_owned_references',
    `SELECT 'source_id' AS kind, id FROM sources WHERE tenant_id = $1 AND id = ANY ($2::int[])
     UNION ALL SELECT 'status_id', id FROM statuses WHERE tenant_id = $1 AND id = ANY ($3::int[])
     UNION ALL SELECT 'assigned_id', id FROM staff WHERE tenant_id = $1 AND id = ANY ($4::int[])`,
    [tenantId, sources, statuses, staff],
  );
  for (const { kind, id } of rows) owned.add(kind, id);
  return contacts.map((contact) => faultsOf(contact, owned));
}

const idsOf = (ids: readonly (number | null | undefined)[]): number[] => [
  ...new Set(ids.filter((id) => id !== null && id !== undefined).filter(isPossibleId)),
];

function faultsOf(contact: References, owned: Owned): FieldErrors {
  const faults: FieldErrors = {};
  for (const field of ['source_id', 'status_id', 'assigned_id'] as const) {
    const id = contact[field];
    if (id !== null && id !== undefined && !owned.has(field, id)) faults[field] = [FOREIGN[field]];
  }
  for (const [index, id] of (contact.groups ?? []).entries()) {
    if (!owned.has('groups', id)) faults[`groups.${index}`] = [FOREIGN.groups];
  }
  return faults;
}

/**
 * What of these contacts another contact has already, in the order given: indexes contacts_tenant_phone and
 * contacts_tenant_email. `except`: the contact that is changed.
 */
export async function takenIdentifiers(
  sql: SqlRunner,
  tenantId: number,
  contacts: readonly Identifiers[],
  except: number | null = null,
): Promise<FieldErrors[]> {
  const rows = await sql.query<{ kind: 'phone' | 'email'; taken: string }>(
    'contacts_taken_identifiers',
    `SELECT 'phone' AS kind, phone AS taken FROM contacts
      WHERE tenant_id = $1 AND phone = ANY ($2::text[]) AND id IS DISTINCT FROM $4::int
     UNION ALL
     SELECT 'email', i.email FROM unnest($3::text[]) AS i (email)
      WHERE EXISTS (SELECT FROM contacts c WHERE c.tenant_id = $1 AND lower(c.email) = lower(i.email)
                                             AND c.id IS DISTINCT FROM $4::int)`,
    [tenantId, textsOf(contacts.map(({ phone }) => phone)), textsOf(contacts.map(({ email }) => email)), except],
  );
  const taken = new Set(rows.map((row) => `${row.kind} ${row.taken}`));
  return contacts.map(({ phone, email }): FieldErrors => ({
    ...(phone && taken.has(`phone ${phone}`) ? { phone: [PHONE_TAKEN] } : {}),
    ...(email && taken.has(`email ${email}`) ? { email: [EMAIL_TAKEN] } : {}),
  }));
}

const textsOf = (texts: readonly (string | null | undefined)[]): string[] => [
  ...new Set(texts.filter((text) => text !== null && text !== undefined)),
];

/** What another transaction changed between our look and our write, by the constraint that noticed. */
const BY_CONSTRAINT: Readonly<Record<string, FieldErrors>> = {
  contacts_tenant_phone: { phone: [PHONE_TAKEN] },
  contacts_tenant_email: { email: [EMAIL_TAKEN] },
  contacts_source_id_fkey: { source_id: [FOREIGN.source_id] },
  contacts_status_id_fkey: { status_id: [FOREIGN.status_id] },
  contacts_assigned_id_fkey: { assigned_id: [FOREIGN.assigned_id] },
};

/** The faults that an error of the database stands for; undefined for any other error. */
export function faultsOfError(error: unknown): FieldErrors | undefined {
  if (!isServerError(error) || error.constraint === undefined) return undefined;
  return Object.hasOwn(BY_CONSTRAINT, error.constraint) ? BY_CONSTRAINT[error.constraint] : undefined;
}
