import { stringify } from 'csv-stringify/sync';

type Cell = string | number | null;

/** For Excel, which takes a file without it for one in the encoding of its country. */
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Lines of CSV (RFC 4180). A cell that a spreadsheet would take for a formula begins with an apostrophe (OWASP, CSV
 * injection): what people are called is not ours to run.
 */
export const csvLines = (rows: readonly (readonly Cell[])[]): string =>
  stringify(
    rows.map((row) => [...row]),
    { record_delimiter: 'windows', escape_formulas: true },
  );

/** The head of a file: its byte order mark and the names of its columns. */
export const csvHeader = (columns: readonly string[]): string => BYTE_ORDER_MARK + csvLines([columns]);
