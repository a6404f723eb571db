import type { SqlRunner } from '../platform/database/postgres.js';
import { timestamp } from '../platform/http/timestamp.js';
import type { ContactDto, ContactInclude, ContactType } from './dto/contact.dto.js';
import { type NamedRecordDto, presentNamed } from './named-records/named-record.dto.js';
import type { NamedRow } from './named-records/named-records.js';

/** A contact as it is stored. */
export interface ContactRow extends Omit<ContactDto, 'created_at' | 'updated_at' | 'groups' | 'source' | 'status'> {
  type: ContactType;
  created_at: Date;
  updated_at: Date;
}

interface StatusRow extends NamedRow {
  color: string | null;
}

/** Those of the ids that are the tenant's contacts, in any order, with what is included. */
export async function findContacts(
  sql: SqlRunner,
  tenantId: number,
  ids: readonly number[],
  include: readonly ContactInclude[],
): Promise<ContactDto[]> {
  const rows = await sql.query<ContactRow>(
    'contacts_by_ids',
    // Primary key.
    `SELECT id, firstname, lastname, company, type, email, phone, status_id, source_id, description, city, state, zip,
            address, country_id, assigned_id, group_id, is_opted_out, created_at, updated_at
       FROM contacts WHERE tenant_id = $1 AND id = ANY ($2::bigint[])`,
    [tenantId, ids],
  );
  const contacts = rows.map(presentContact);
  if (include.includes('groups')) await addGroups(sql, tenantId, contacts);
  if (include.includes('source')) await addSources(sql, tenantId, contacts);
  if (include.includes('status')) await addStatuses(sql, tenantId, contacts);
  return contacts;
}

/** A contact as `GET /contacts/{id}` shows it, without what may be included. */
export function presentContact(row: ContactRow): ContactDto {
  return { ...row, created_at: timestamp(row.created_at), updated_at: timestamp(row.updated_at) };
}

async function addGroups(sql: SqlRunner, tenantId: number, contacts: ContactDto[]): Promise<void> {
  const rows = await sql.query<NamedRow>(
    'contacts_groups',
    'SELECT id, name, created_at, updated_at FROM groups WHERE tenant_id = $1 AND id = ANY ($2::int[])',
    [tenantId, [...new Set(contacts.flatMap(({ group_id }) => group_id))]],
  );
  const groups = new Map(rows.map((row) => [row.id, presentNamed(row)]));
  for (const contact of contacts) contact.groups = contact.group_id.flatMap((id) => groups.get(id) ?? []);
}

async function addSources(sql: SqlRunner, tenantId: number, contacts: ContactDto[]): Promise<void> {
  const rows = await sql.query<NamedRow>(
    'contacts_sources',
    'SELECT id, name, created_at, updated_at FROM sources WHERE tenant_id = $1 AND id = ANY ($2::int[])',
    [tenantId, referred(contacts.map(({ source_id }) => source_id))],
  );
  const sources = new Map<number | null, NamedRecordDto>(rows.map((row) => [row.id, presentNamed(row)]));
  for (const contact of contacts) contact.source = sources.get(contact.source_id) ?? null;
}

async function addStatuses(sql: SqlRunner, tenantId: number, contacts: ContactDto[]): Promise<void> {
  const rows = await sql.query<StatusRow>(
    'contacts_statuses',
    'SELECT id, name, color, created_at, updated_at FROM statuses WHERE tenant_id = $1 AND id = ANY ($2::int[])',
    [tenantId, referred(contacts.map(({ status_id }) => status_id))],
  );
  const statuses = new Map(rows.map((row) => [row.id, row]));
  for (const contact of contacts) {
    const row = contact.status_id === null ? undefined : statuses.get(contact.status_id);
    if (!row) {
      contact.status = null;
      continue;
    }
    const { id, name, created_at, updated_at } = presentNamed(row);
    contact.status = { id, name, color: row.color, created_at, updated_at };
  }
}

const referred = (ids: readonly (number | null)[]): number[] => [...new Set(ids.filter((id) => id !== null))];
