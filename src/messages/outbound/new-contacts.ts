import { type ApiError, featureLimitExceeded, validationError } from '../../platform/http/api-error.js';
import type { SqlRunner } from '../../platform/database/postgres.js';
import type { OutboundMessage } from './outbound-message.js';

/** A contact that a group of sends needs: the first message that names its phone brings its fields. */
export interface WantedContact {
  message: OutboundMessage;
  defaultSourceId: number | null;
  defaultStatusId: number | null;
  defaultAssignedId: number | null;
}

/** Fields of a wanted contact that do not fit the tenant: foreign groups or assignee, an e-mail in use. */
export async function faultsOfNewContacts(
  sql: SqlRunner,
  messages: OutboundMessage[],
): Promise<Map<OutboundMessage, ApiError>> {
  const faults = new Map<OutboundMessage, ApiError>();
  const checked = messages.filter(
    ({ newContact }) => newContact?.groupIds?.length || newContact?.assignedId !== undefined || newContact?.email,
  );
  if (checked.length === 0) return faults;
  const rows = await sql.query<{ foreign_groups: number; foreign_staff: boolean; email_taken: boolean }>(
    'outbound_new_contact_faults',
    `SELECT (SELECT count(*)::int FROM jsonb_array_elements_text(i.groups) g
              WHERE NOT EXISTS (SELECT 1 FROM groups WHERE id = g::int AND tenant_id = i.tenant_id)) AS foreign_groups,
            i.assigned_id IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM staff WHERE id = i.assigned_id AND tenant_id = i.tenant_id) AS foreign_staff,
            i.email IS NOT NULL
              AND EXISTS (SELECT 1 FROM contacts WHERE tenant_id = i.tenant_id AND lower(email) = lower(i.email)) AS email_taken
       FROM unnest($1::int[], $2::jsonb[], $3::int[], $4::text[]) WITH ORDINALITY AS i (tenant_id, groups, assigned_id, email, ord)
      ORDER BY i.ord`,
    [
      checked.map(({ tenantId }) => tenantId),
      checked.map(({ newContact }) => JSON.stringify(newContact?.groupIds ?? [])),
      checked.map(({ newContact }) => newContact?.assignedId ?? null),
      checked.map(({ newContact }) => newContact?.email ?? null),
    ],
  );
  rows.forEach((row, index) => {
    const message = checked[index];
    const details: Record<string, string[]> = {};
    if (row.foreign_groups > 0)
      details['contact.groups'] = ['The contact.groups field names a group that does not exist.'];
    if (row.foreign_staff)
      details['contact.assigned_id'] = ['The contact.assigned_id field must be one of your staff.'];
    if (row.email_taken) details['contact.email'] = ['Another contact has this e-mail already.'];
    if (message && Object.keys(details).length > 0) faults.set(message, validationError(details));
  });
  return faults;
}

/** Inserts the wanted contacts, sorted by key; those whose phone came into being meanwhile are left as they are. */
export async function insertContacts(
  sql: SqlRunner,
  wanted: WantedContact[],
): Promise<{ tenantId: number; phone: string }[]> {
  const sorted = [...wanted].sort(
    (a, b) => a.message.tenantId - b.message.tenantId || ((a.message.phone ?? '') < (b.message.phone ?? '') ? -1 : 1),
  );
  const rows = await sql.query<{ tenant_id: number; phone: string }>(
    'outbound_insert_contacts',
    `INSERT INTO contacts (tenant_id, phone, firstname, lastname, type, email, country_id, source_id, status_id, assigned_id, group_id)
     SELECT i.tenant_id, i.phone, i.firstname, i.lastname, 'lead', i.email, i.country_id, i.source_id, i.status_id, i.assigned_id,
            coalesce((SELECT array_agg(g::int) FROM jsonb_array_elements_text(i.groups) g), '{}')
       FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[], $8::int[], $9::int[], $10::jsonb[])
            AS i (tenant_id, phone, firstname, lastname, email, country_id, source_id, status_id, assigned_id, groups)
     ON CONFLICT (tenant_id, phone) WHERE phone IS NOT NULL DO NOTHING
     RETURNING tenant_id, phone`,
    [
      sorted.map(({ message }) => message.tenantId),
      sorted.map(({ message }) => message.phone),
      sorted.map(({ message }) => message.newContact?.firstname ?? message.phone),
      sorted.map(({ message }) => message.newContact?.lastname ?? ''),
      sorted.map(({ message }) => message.newContact?.email ?? null),
      sorted.map(({ message }) => message.newContact?.countryId ?? null),
      sorted.map(({ defaultSourceId }) => defaultSourceId),
      sorted.map(({ defaultStatusId }) => defaultStatusId),
      sorted.map(({ message, defaultAssignedId }) => message.newContact?.assignedId ?? defaultAssignedId),
      sorted.map(({ message }) => JSON.stringify(message.newContact?.groupIds ?? [])),
    ],
  );
  return rows.map((row) => ({ tenantId: row.tenant_id, phone: row.phone }));
}

/**
 * Counts contacts that this transaction has created, by tenant, against each tenant's plan: one conditional UPDATE under
 * the row's lock, so that no two groups fill the same room. Refuses with an error when a plan has not room for all of
 * them: the caller rolls back.
 */
export async function countContacts(sql: SqlRunner, created: Map<number, number>): Promise<ApiError | undefined> {
  if (created.size === 0) return undefined;
  const tenantIds = [...created.keys()].sort((a, b) => a - b);
  const rows = await sql.query<{ granted: boolean; current: number; maximum: number }>(
    'outbound_count_contacts',
    `WITH want AS (SELECT * FROM unnest($1::int[], $2::int[]) AS w (tenant_id, n)),
          locked AS (SELECT t.id, t.contact_count, coalesce(p.limit_contacts, -1) AS maximum
                       FROM tenants t LEFT JOIN plans p ON p.id = t.plan_id
                      WHERE t.id = ANY ($1) ORDER BY t.id FOR NO KEY UPDATE OF t),
          granted AS (SELECT l.*, w.n, l.maximum < 0 OR l.contact_count + w.n <= l.maximum AS ok
                        FROM locked l JOIN want w ON w.tenant_id = l.id),
          counted AS (UPDATE tenants t SET contact_count = t.contact_count + g.n FROM granted g WHERE t.id = g.id AND g.ok)
     SELECT ok AS granted, contact_count AS current, maximum FROM granted`,
    [tenantIds, tenantIds.map((id) => created.get(id) ?? 0)],
  );
  const refused = rows.find((row) => !row.granted);
  return refused && featureLimitExceeded('contacts', refused.current, refused.maximum);
}
