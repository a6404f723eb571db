import type { FieldErrors } from '../../platform/http/api-error.js';
import { checkDto } from '../../platform/http/validation/validate-dto.js';
import { CreateContactDto } from '../dto/save-contact.dto.js';
import type { ImportRow } from './import-rows.js';

/** What rows get that do not say it themselves. */
export interface ImportDefaults {
  readonly source_id: number;
  readonly status_id: number;
}

/** Ids of groups within one cell. */
export const GROUP_SEPARATOR = '|';

/** A row as a contact, or what is wrong with it by itself: the rules of `POST /contacts`. */
export async function contactOf(
  row: ImportRow,
  defaults: ImportDefaults,
): Promise<{ contact: CreateContactDto } | { faults: FieldErrors }> {
  if (row.surplus) return { faults: { '': ['The row has more cells than the header has names.'] } };
  const { groups = '', ...cells } = row.cells;
  const { instance, faults } = await checkDto(CreateContactDto, {
    ...cells,
    type: cells.type?.trim() || 'lead',
    source_id: cells.source_id?.trim() || defaults.source_id,
    status_id: cells.status_id?.trim() || defaults.status_id,
    country_id: cells.country_id?.trim(),
    assigned_id: cells.assigned_id?.trim(),
    groups: groups.trim() === '' ? undefined : groups.split(GROUP_SEPARATOR).map((id) => id.trim()),
  });
  return Object.keys(faults).length === 0 ? { contact: instance } : { faults };
}
