/**
 * What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection; the last four are the full-width forms),
 * also behind apostrophes: a guarded text must not look like one that never was.
 */
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** A text as a cell that no spreadsheet runs: what looks like a formula begins with an apostrophe. */
export const guarded = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

/** The text of such a cell; any other stays as it is. */
export const unguarded = (cell: string): string => (cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell);
