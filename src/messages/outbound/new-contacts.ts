import { type ApiError, validationError } from '../../platform/http/api-error.js';
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

/**
 * Inserts the wanted contacts, sorted by key, and notes who made them (see platform/audit); those whose phone came into
 * being meanwhile are left as they are.
 */
export async function insertContacts(
  sql: SqlRunner,
  wanted: WantedContact[],
): Promise<{ tenantId: number; phone: string }[]> {
  const sorted = [...wanted].sort(
    (a, b) => a.message.tenantId - b.message.tenantId || ((a.message.phone ?? '') < (b.message.phone ?? '') ? -1 : 1),
  );
  const rows = await sql.query<{ tenant_id: number; phone: string }>(
    'outbound_insert_contacts',
    `WITH i AS MATERIALIZED (
       SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[], $8::int[],
                            $9::int[], $10::jsonb[], $11::int[], $12::uuid[]) WITH ORDINALITY
              AS u (tenant_id, phone, firstname, lastname, email, country_id, source_id, status_id, assigned_id, groups,
                    token_id, request_id, ord)),
     made AS (
       INSERT INTO contacts (tenant_id, phone, firstname, lastname, type, email, country_id, source_id, status_id,
                             assigned_id, group_id)
       SELECT tenant_id, phone, firstname, lastname, 'lead', email, country_id, source_id, status_id, assigned_id,
              coalesce((SELECT array_agg(g::int) FROM jsonb_array_elements_text(groups) g), '{}')
         FROM i ORDER BY ord
       ON CONFLICT (tenant_id, phone) WHERE phone IS NOT NULL DO NOTHING
       RETURNING id, tenant_id, phone),
     noted AS (
       INSERT INTO audit (tenant_id, token_id, request_id, action, subject_ids)
       SELECT tenant_id, i.token_id, i.request_id, 'contact.created', ARRAY[made.id]
         FROM made JOIN i USING (tenant_id, phone) WHERE i.token_id IS NOT NULL)
     SELECT tenant_id, phone FROM made`,
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
      sorted.map(({ message }) => message.tokenId ?? null),
      sorted.map(({ message }) => message.requestId),
    ],
  );
  return rows.map((row) => ({ tenantId: row.tenant_id, phone: row.phone }));
}
