import { MAX_BUTTONS, MAX_FIELDS } from '../../templates/sending/given-values.js';
import { type FieldErrors } from '../../platform/http/api-error.js';
import { fillMappedText, type FilledText, type MappedText, parseMappedText } from './mapped-text.js';
import { isRecord } from './path.js';

/** Texts for one field, of which the first that comes to something counts. */
export const MAX_ALTERNATIVES = 5;
/** What a refusal repeats of a field's name that is none. */
const SHOWN_NAME = 50;

const numbered = (name: string, first: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name}_${index + first}`);

/** Fields of a template send that a mapping may fill. */
export const MAPPED_FIELDS: readonly string[] = [
  'phone',
  'template_name',
  'language',
  'from',
  ...numbered('field', 1, MAX_FIELDS),
  'header_field_1',
  'header_image_url',
  'header_video_url',
  'header_document_url',
  'header_document_name',
  'header_latitude',
  'header_longitude',
  'header_location_name',
  'header_location_address',
  ...numbered('button', 0, MAX_BUTTONS),
  'contact.firstname',
  'contact.lastname',
  'contact.email',
  'contact.country',
  'contact.assigned_id',
  'contact.groups',
];

const KNOWN = new Set(MAPPED_FIELDS);

/** As a tenant writes it, and as it is stored: a text for each field, or several of which the first that is found counts. */
export type WrittenMapping = Readonly<Record<string, string | readonly string[]>>;

/** The same, read. */
export type Mapping = ReadonlyMap<string, readonly MappedText[]>;

/** What a payload gives for one field; null: nothing was found, or (`error`) nothing that can be taken. */
export interface MappedField {
  readonly field: string;
  readonly value: string | null;
  readonly error?: string;
}

/** Reads a mapping. Adds to `faults` what is wrong with it, under `mapping` or `mapping.<field>`. */
export function parseMapping(written: unknown, faults: FieldErrors): { mapping: Mapping; written: WrittenMapping } {
  const mapping = new Map<string, MappedText[]>();
  const kept: Record<string, string | string[]> = {};
  if (!isRecord(written)) {
    faults.mapping = ['mapping must be an object of fields and their paths'];
    return { mapping, written: kept };
  }
  const fields = Object.entries(written);
  if (fields.length > MAPPED_FIELDS.length) {
    faults.mapping = [`mapping must not have more than ${MAPPED_FIELDS.length} fields`];
    return { mapping, written: kept };
  }
  for (const [field, value] of fields) {
    if (!KNOWN.has(field)) {
      const name = field.slice(0, SHOWN_NAME);
      faults[`mapping.${name}`] = [`${name} is no field of a mapping; there are ${MAPPED_FIELDS.join(', ')}`];
      continue;
    }
    const place = `mapping.${field}`;
    const texts: unknown[] = Array.isArray(value) ? value : [value];
    if (texts.length < 1 || texts.length > MAX_ALTERNATIVES) {
      faults[place] = [`${field} must have 1 to ${MAX_ALTERNATIVES} alternatives`];
      continue;
    }
    const read = texts.map(readText);
    const errors = read.flatMap((one) => ('error' in one ? [`${field} ${one.error}`] : []));
    if (errors.length > 0) faults[place] = [...new Set(errors)];
    mapping.set(
      field,
      read.flatMap((one) => ('text' in one ? [one.text] : [])),
    );
    kept[field] = Array.isArray(value) ? texts.map(String) : String(value);
  }
  if (!mapping.has('phone') && !faults['mapping.phone']) faults['mapping.phone'] = ['phone is required'];
  return { mapping, written: kept };
}

function readText(value: unknown): { readonly text: MappedText } | { readonly error: string } {
  if (typeof value !== 'string') return { error: 'must be a text, or a list of texts' };
  return value.trim() === '' ? { error: 'must not be blank' } : parseMappedText(value);
}

/** What the mapping makes of a payload, field by field. */
export function applyMapping(mapping: Mapping, payload: unknown): MappedField[] {
  return [...mapping].map(([field, alternatives]) => ({ field, value: null, ...firstFound(alternatives, payload) }));
}

/** What the first of some texts that comes to something comes to. */
export function firstFound(alternatives: readonly MappedText[], payload: unknown): FilledText | undefined {
  for (const text of alternatives) {
    const filled = fillMappedText(text, payload);
    if (filled) return filled;
  }
  return undefined;
}
