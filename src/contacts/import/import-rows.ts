import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { CsvError, type Info, parse } from 'csv-parse';
import { unguarded } from '../formula-guard.js';
import { columnsOf, type ImportColumn } from './import-file.js';
import { csvOptions, type ImportFormat, ImportRefusedError } from './import-format.js';
import { textOf } from './import-text.js';

/** Longest row, bytes of UTF-8: far more than all fields of a contact take together. */
export const MAX_ROW_BYTES = 2 * 1024 * 1024;

/** One row of a file. */
export interface ImportRow {
  /** From 1; the header and empty lines are not counted. */
  readonly number: number;
  /** Of the file, on which the row ends. */
  readonly line: number;
  /** As written, without the apostrophe that keeps spreadsheets from running a cell. */
  readonly cells: Readonly<Partial<Record<ImportColumn, string>>>;
  /** Something stands beyond the header's last name: what stands where is anybody's guess. */
  readonly surplus: boolean;
  /** Characters, for who holds several in memory. */
  readonly size: number;
}

/** A record as csv-parse gives it with `info`. */
interface ParsedRecord {
  readonly record: string[];
  readonly info: Info;
}

/**
 * The rows of a file, one by one; memory does not grow with the file. The source is closed at the end, and when the
 * caller stops before.
 * @throws ImportRefusedError where the file is no CSV (RFC 4180, with the delimiter found), or a row is too long
 */
export async function* importRows(source: Readable, format: ImportFormat): AsyncGenerator<ImportRow, void, undefined> {
  const parser = parse({ ...csvOptions(format.delimiter), info: true, max_record_size: MAX_ROW_BYTES });
  // What goes wrong arrives at the reader below, who destroys the rest when leaving.
  pipeline(
    source,
    (chunks: AsyncIterable<Buffer>) => textOf(chunks, format),
    parser,
    () => undefined,
  );
  let columns: (ImportColumn | undefined)[] | undefined;
  let number = 0;
  let pairs = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<ParsedRecord>) {
      // Within quotes the parser counts CR LF as two lines.
      pairs += linePairs(record);
      if (!columns) columns = columnsOf(record);
      else if (!isBlank(record)) yield rowOf(columns, record, (number += 1), info.lines - pairs);
    }
  } catch (error) {
    throw error instanceof CsvError ? malformed(error) : error;
  }
}

/** As the parser passes over, once the marks of an export are taken off. */
const isBlank = (record: readonly string[]): boolean => record.every((cell) => unguarded(cell).trim() === '');

function rowOf(
  columns: readonly (ImportColumn | undefined)[],
  record: readonly string[],
  number: number,
  line: number,
): ImportRow {
  const cells: Partial<Record<ImportColumn, string>> = {};
  for (const [index, column] of columns.entries()) {
    const cell = record[index];
    if (column && cell !== undefined) cells[column] = unguarded(cell);
  }
  const size = record.reduce((sum, cell) => sum + cell.length, 0);
  return { number, line, cells, surplus: record.slice(columns.length).some((cell) => cell !== ''), size };
}

function linePairs(record: readonly string[]): number {
  let pairs = 0;
  for (const cell of record) {
    for (let at = cell.indexOf('\r\n'); at >= 0; at = cell.indexOf('\r\n', at + 2)) pairs += 1;
  }
  return pairs;
}

function malformed(error: CsvError): ImportRefusedError {
  const tooLong = error.code.endsWith('MAX_RECORD_SIZE');
  const what = tooLong
    ? `a row is longer than ${MAX_ROW_BYTES / 1024 / 1024} MB, or a quote before it is not closed`
    : 'a quote stands where none may stand, or is not closed';
  const line = 'lines' in error && typeof error.lines === 'number' ? ` Line ${error.lines}: ` : ' ';
  return new ImportRefusedError(`The file is no well-formed CSV.${line}${what}.`, { cause: error });
}
