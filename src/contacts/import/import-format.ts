import type { Options } from 'csv-parse';

/** What an import's file may be written in; UTF-16 only with a byte order mark, which tells it. */
export type ImportEncoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** How the cells of a file are told apart. */
export const DELIMITERS = [',', ';', '\t'] as const;
export type ImportDelimiter = (typeof DELIMITERS)[number];

/** How a file that can be imported is to be read. */
export interface ImportFormat {
  readonly encoding: ImportEncoding;
  readonly delimiter: ImportDelimiter;
}

/** Something about the file as a whole keeps it from being imported; the message is for the caller. */
export class ImportRefusedError extends Error {}

/** How rows and cells are found (RFC 4180); a line may end in any of the usual ways, also mixed. */
export const csvOptions = (delimiter: ImportDelimiter) =>
  ({
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    // What spreadsheets leave behind the last row: lines of delimiters alone.
    skip_records_with_empty_values: true,
  }) satisfies Options;
