import { stringify } from 'csv-stringify/sync';
import { guarded } from '../formula-guard.js';

type Cell = string | number | null;

/** For Excel, which takes a file without it for one in the encoding of its country. */
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Lines of CSV (RFC 4180). A cell that a spreadsheet would take for a formula begins with an apostrophe: what people are
 * called is not ours to run.
 */
export const csvLines = (rows: readonly (readonly Cell[])[]): string =>
  stringify(
    rows.map((row) => row.map((cell) => (typeof cell === 'string' ? guarded(cell) : cell))),
    { record_delimiter: 'windows', quote_record_delimiter: true },
  );

/** The head of a file: its byte order mark and the names of its columns. */
export const csvHeader = (columns: readonly string[]): string => BYTE_ORDER_MARK + csvLines([columns]);
