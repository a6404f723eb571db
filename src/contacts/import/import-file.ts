import { TextDecoder } from 'node:util';
import { parse as parseSync } from 'csv-parse/sync';
import type { CreateContactDto } from '../dto/save-contact.dto.js';
import {
  csvOptions,
  DELIMITERS,
  type ImportDelimiter,
  type ImportFormat,
  ImportRefusedError,
} from './import-format.js';
import { encodingOf, textOf } from './import-text.js';

/** The fields of a contact that a column may hold, by the names of `POST /contacts`. */
export const IMPORT_COLUMNS = [
  'firstname',
  'lastname',
  'phone',
  'type',
  'email',
  'company',
  'description',
  'city',
  'state',
  'zip',
  'address',
  'country_id',
  'source_id',
  'status_id',
  'assigned_id',
  'groups',
] as const satisfies readonly (keyof CreateContactDto)[];
export type ImportColumn = (typeof IMPORT_COLUMNS)[number];

/**
 * Looks at a file before it is accepted: all of its encoding, and its header.
 * @param head the beginning of `chunks`
 * @throws ImportRefusedError that says what is wrong
 */
export async function checkImportFile(head: Buffer, chunks: AsyncIterable<Buffer>): Promise<ImportFormat> {
  const encoding = encodingOf(head);
  const header = new TextDecoder(encoding).decode(head, { stream: true });
  const delimiter = delimiterOf(header);
  const format = { encoding, delimiter };
  let isEmpty = true;
  for await (const text of textOf(chunks, format)) isEmpty &&= text.trim() === '';
  if (isEmpty) throw new ImportRefusedError('The file is empty.');
  columnsOf(headerOf(header, delimiter));
  return format;
}

/** The one by which the header names a phone column; else the one that finds the most columns. */
function delimiterOf(text: string): ImportDelimiter {
  const found = DELIMITERS.flatMap((delimiter) => {
    const names = tryHeader(text, delimiter);
    return names ? [{ delimiter, names }] : [];
  });
  const best =
    found.find(({ names }) => names.includes('phone')) ?? found.sort((a, b) => b.names.length - a.names.length)[0];
  return best?.delimiter ?? ',';
}

function tryHeader(text: string, delimiter: ImportDelimiter): string[] | undefined {
  try {
    return headerOf(text, delimiter);
  } catch (error) {
    if (error instanceof ImportRefusedError) return undefined;
    throw error;
  }
}

function headerOf(text: string, delimiter: ImportDelimiter): string[] {
  try {
    const [names] = parseSync(text, { ...csvOptions(delimiter), to: 1 });
    return (names ?? []).map(columnName);
  } catch (error) {
    throw new ImportRefusedError('The first line must be a header that names the columns.', { cause: error });
  }
}

const columnName = (written: string): string => written.trim().toLowerCase();

const isColumn = (name: string): name is ImportColumn => IMPORT_COLUMNS.some((column) => column === name);

/**
 * Which cell holds which field, by the header; columns of other names are passed over.
 * @throws ImportRefusedError without a phone column, and when one name stands twice
 */
export function columnsOf(header: readonly string[]): (ImportColumn | undefined)[] {
  const names = header.map(columnName);
  const twice = names.find((name, index) => isColumn(name) && names.indexOf(name) !== index);
  if (twice !== undefined) throw new ImportRefusedError(`The header names the column ${twice} twice.`);
  if (!names.includes('phone')) {
    throw new ImportRefusedError(`The header names no column phone. Columns may be ${IMPORT_COLUMNS.join(', ')}.`);
  }
  return names.map((name) => (isColumn(name) ? name : undefined));
}
