import { TextDecoder } from 'node:util';
import { parse as parseSync } from 'csv-parse/sync';
import { CreateContactDto } from '../dto/save-contact.dto.js';

/** What an import's file may be written in; UTF-16 only with a byte order mark, which tells it. */
export type ImportEncoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** How the cells of a file are told apart. */
export const DELIMITERS = [',', ';', '\t'] as const;
export type ImportDelimiter = (typeof DELIMITERS)[number];

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

/** How a file that can be imported is to be read. */
export interface ImportFormat {
  readonly encoding: ImportEncoding;
  readonly delimiter: ImportDelimiter;
}

/** Something about the file as a whole keeps it from being imported; the message is for the caller. */
export class ImportRefusedError extends Error {}

const NOT_TEXT = 'The file must be text in UTF-8, or in UTF-16 with a byte order mark.';

/** By the byte order mark (Unicode, 23.8); without one it has to be UTF-8. */
export function encodingOf(head: Buffer): ImportEncoding {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

/**
 * The text of a file, piece by piece and without its byte order mark.
 * @throws ImportRefusedError at the first bytes that are no text in this encoding, or are NUL
 */
export async function* textOf(chunks: AsyncIterable<Buffer>, encoding: ImportEncoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  for await (const chunk of chunks) yield decoded(decoder, chunk);
  yield decoded(decoder);
}

function decoded(decoder: TextDecoder, chunk?: Buffer): string {
  let text: string;
  try {
    text = chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
  } catch (error) {
    throw new ImportRefusedError(NOT_TEXT, { cause: error });
  }
  // UTF-16 without a byte order mark looks like UTF-8 full of them.
  if (text.includes('\0')) throw new ImportRefusedError(NOT_TEXT);
  return text;
}

/**
 * Looks at a file before it is accepted: all of its encoding, and its header.
 * @throws ImportRefusedError that says what is wrong
 */
export async function checkImportFile(head: Buffer, chunks: AsyncIterable<Buffer>): Promise<ImportFormat> {
  const encoding = encodingOf(head);
  const header = new TextDecoder(encoding).decode(head, { stream: true });
  let length = 0;
  for await (const text of textOf(chunks, encoding)) length += text.length;
  if (length === 0 || header.trim() === '') throw new ImportRefusedError('The file is empty.');
  const delimiter = delimiterOf(header);
  columnsOf(headerOf(header, delimiter));
  return { encoding, delimiter };
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
    const [names] = parseSync(text, { delimiter, to: 1, skip_empty_lines: true, relax_column_count: true });
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
