import type { SqlRunner } from '../../platform/database/postgres.js';
import { type FieldErrors, notFound, validationError } from '../../platform/http/api-error.js';
import type { UpdateContactDto } from '../dto/save-contact.dto.js';
import { foreignReferences, takenIdentifiers } from './contact-faults.js';
import { memberships } from './create-contacts.js';

/** Fields of the body that are columns as they are. */
const COLUMNS = [
  'firstname',
  'lastname',
  'phone',
  'type',
  'source_id',
  'status_id',
  'email',
  'company',
  'description',
  'city',
  'state',
  'zip',
  'address',
  'country_id',
  'assigned_id',
] as const;

export const NO_SUCH_CONTACT = 'There is no such contact.';

/**
 * Changes what is given of a contact; `groups` replaces all its memberships. The contact's own phone and e-mail are no
 * duplicates of themselves.
 * @returns the names of the columns that were given
 * @throws ApiError 404 when the tenant has no such contact, 422 that names every wrong field
 */
export async function updateContact(
  sql: SqlRunner,
  tenantId: number,
  id: number,
  changes: UpdateContactDto,
): Promise<string[]> {
  const [foreign] = await foreignReferences(sql, tenantId, [changes]);
  const [contact] = await sql.query(
    'contact_lock',
    'SELECT id FROM contacts WHERE tenant_id = $1 AND id = $2::bigint FOR NO KEY UPDATE',
    [tenantId, id],
  );
  if (!contact) throw notFound(NO_SUCH_CONTACT);
  const [taken] = await takenIdentifiers(sql, tenantId, [changes], id);
  const faults: FieldErrors = { ...foreign, ...taken };
  if (Object.keys(faults).length > 0) throw validationError(faults);
  const values: [column: string, value: unknown][] = COLUMNS.flatMap((column) =>
    changes[column] === undefined ? [] : [[column, changes[column]]],
  );
  if (changes.groups !== undefined) values.push(['group_id', memberships(changes.groups)]);
  const fields = values.map(([column]) => column);
  if (values.length === 0) return fields;
  // Put together of our own names for each combination of fields, so it is not kept as a prepared statement.
  await sql.query(
    '',
    `UPDATE contacts SET ${values.map(([column], index) => `${column} = $${index + 3}`).join(', ')}, updated_at = now()
      WHERE tenant_id = $1 AND id = $2::bigint`,
    [tenantId, id, ...values.map(([, value]) => value)],
  );
  return fields;
}
