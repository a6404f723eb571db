import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { CsvError, type Info, parse } from 'csv-parse';
import { columnsOf, type ImportColumn, type ImportFormat, ImportRefusedError, textOf } from './import-file.js';

/** Longest row, bytes of UTF-8: far more than all fields of a contact take together. */
export const MAX_ROW_BYTES = 4 * 1024 * 1024;

/** One row of a file, as it is written there. */
export interface ImportRow {
  /** From 1; the header and empty lines are not counted. */
  readonly number: number;
  /** Of the file, on which the row ends. */
  readonly line: number;
  readonly cells: Readonly<Partial<Record<ImportColumn, string>>>;
  /** It has more cells than the header has names: what stands where is anybody's guess. */
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
export async function* importRows(
  source: Readable,
  { encoding, delimiter }: ImportFormat,
): AsyncGenerator<ImportRow, void, undefined> {
  const parser = parse({
    delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    // What spreadsheets leave behind the last row: lines of delimiters alone.
    skip_records_with_empty_values: true,
    max_record_size: MAX_ROW_BYTES,
  });
  // What goes wrong arrives at the reader below, who destroys the rest when leaving.
  pipeline(
    source,
    (chunks: AsyncIterable<Buffer>) => textOf(chunks, encoding),
    parser,
    () => undefined,
  );
  let columns: (ImportColumn | undefined)[] | undefined;
  let number = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<ParsedRecord>) {
      if (columns) yield rowOf(columns, record, (number += 1), info.lines);
      else columns = columnsOf(record);
    }
  } catch (error) {
    throw error instanceof CsvError ? malformed(error) : error;
  }
}

function rowOf(
  columns: readonly (ImportColumn | undefined)[],
  record: readonly string[],
  number: number,
  line: number,
): ImportRow {
  const cells: Partial<Record<ImportColumn, string>> = {};
  for (const [index, column] of columns.entries()) if (column) cells[column] = record[index];
  const size = record.reduce((sum, cell) => sum + cell.length, 0);
  return { number, line, cells, surplus: record.length > columns.length, size };
}

function malformed(error: CsvError): ImportRefusedError {
  const tooLong = error.code.endsWith('MAX_RECORD_SIZE');
  const what = tooLong
    ? `a row is longer than ${MAX_ROW_BYTES} bytes`
    : 'a quote stands where none may stand, or is not closed';
  const line = 'lines' in error && typeof error.lines === 'number' ? ` Line ${error.lines}: ` : ' ';
  return new ImportRefusedError(`The file is no well-formed CSV.${line}${what}.`, { cause: error });
}
