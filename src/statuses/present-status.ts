import { presentNamed } from '../contacts/named-records/named-record.dto.js';
import type { NamedRow } from '../contacts/named-records/named-records.js';
import type { StatusDto } from './dto/status.dto.js';

/** A status as it is stored. */
export interface StatusRow extends NamedRow {
  color: string | null;
}

/** A status as `GET /statuses/{id}` shows it. */
export function presentStatus(row: StatusRow): StatusDto {
  const { id, name, created_at, updated_at } = presentNamed(row);
  return { id, name, color: row.color, created_at, updated_at };
}
