import type { FieldErrors } from '../../platform/http/api-error.js';
import { checkDto } from '../../platform/http/validation/validate-dto.js';
import { CreateContactDto, MAX_GROUPS } from '../dto/save-contact.dto.js';
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
    phone: cells.phone?.trim() ?? '',
    type: cells.type?.trim() || 'lead',
    source_id: cells.source_id?.trim() || defaults.source_id,
    status_id: cells.status_id?.trim() || defaults.status_id,
    country_id: cells.country_id?.trim(),
    assigned_id: cells.assigned_id?.trim(),
    groups: groups.trim() === '' ? undefined : groupIds(groups),
  });
  return Object.keys(faults).length === 0 ? { contact: instance } : { faults };
}

/** One too many of them is enough for their number to be refused; a cell of 1 MB may hold half a million. */
const groupIds = (cell: string): string[] => cell.split(GROUP_SEPARATOR, MAX_GROUPS + 1).map((id) => id.trim());
