import { type ApiError, validationError } from '../../platform/http/api-error.js';
import type { IdentityHashes } from '../../contacts/erase/identity-hashes.js';
import { insertContacts, type InsertedContact } from '../../contacts/store/insert-contacts.js';
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

/** Makes the wanted contacts; those whose phone came into being meanwhile are left as they are. */
export function insertWantedContacts(
  sql: SqlRunner,
  hashes: IdentityHashes,
  wanted: readonly WantedContact[],
): Promise<InsertedContact[]> {
  return insertContacts(
    sql,
    hashes,
    wanted.map(({ message, defaultSourceId, defaultStatusId, defaultAssignedId }) => ({
      tenantId: message.tenantId,
      phone: message.phone ?? null,
      firstname: message.newContact?.firstname ?? message.phone ?? '',
      lastname: message.newContact?.lastname ?? '',
      type: 'lead',
      email: message.newContact?.email,
      countryId: message.newContact?.countryId,
      sourceId: defaultSourceId,
      statusId: defaultStatusId,
      assignedId: message.newContact?.assignedId ?? defaultAssignedId,
      groupIds: message.newContact?.groupIds,
      madeBy: message.tokenId === undefined ? undefined : { tokenId: message.tokenId, requestId: message.requestId },
    })),
  );
}

/** The e-mail of a new contact that another contact has, or got at the same moment. */
export const emailTaken = (): ApiError =>
  validationError({ 'contact.email': ['Another contact has this e-mail already.'] });
