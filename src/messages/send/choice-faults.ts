import type { FieldErrors } from '../../platform/http/api-error.js';
import {
  ListRowDto,
  ListSectionDto,
  MAX_LIST_ROWS,
  ReplyButtonDto,
  type SendInteractiveDto,
} from '../dto/send-interactive.dto.js';

/**
 * What is wrong with the choices of an interactive message taken together; of what is wrong with one by itself its
 * class tells. WhatsApp wants ids, and titles of buttons, unique, and at most 10 rows over all sections.
 */
export function faultsBetweenChoices(dto: SendInteractiveDto): FieldErrors {
  const faults: FieldErrors = {};
  if (dto.type === 'button') {
    const buttons = membersOf(dto.buttons, ReplyButtonDto, 'buttons');
    addRepeated(
      faults,
      buttons.map(({ member, path }) => ({ value: member.id, path: `${path}.id` })),
    );
    addRepeated(
      faults,
      buttons.map(({ member, path }) => ({ value: member.title, path: `${path}.title` })),
    );
  }
  if (dto.type === 'list') {
    const rows = membersOf(dto.sections, ListSectionDto, 'sections').flatMap(({ member, path }) =>
      membersOf(member.rows, ListRowDto, `${path}.rows`),
    );
    addRepeated(
      faults,
      rows.map(({ member, path }) => ({ value: member.id, path: `${path}.id` })),
    );
    if (rows.length > MAX_LIST_ROWS) {
      faults.sections = [`sections must have at most ${MAX_LIST_ROWS} rows over all sections`];
    }
  }
  return faults;
}

/** Those of a list that are what they should be, with their paths; the list has not passed its own check yet. */
function membersOf<T extends object>(list: unknown, of: new () => T, path: string): { member: T; path: string }[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((member: unknown, index) => (member instanceof of ? [{ member, path: `${path}.${index}` }] : []));
}

function addRepeated(faults: FieldErrors, values: { value: unknown; path: string }[]): void {
  const seen = new Set<unknown>();
  for (const { value, path } of values) {
    if (typeof value !== 'string' || value === '') continue;
    if (seen.has(value)) faults[path] = [`${path.slice(path.lastIndexOf('.') + 1)} must be unique in the message`];
    seen.add(value);
  }
}
