/** What a command shows: lines for a person, or with `--json` one JSON document as the last line of standard output. */
export interface Shown {
  /** For scripts: names in snake_case, stable. */
  readonly json: unknown;
  /** For people. */
  readonly lines: readonly string[];
}

/** Prints a result. Secrets stand in it only where the command's purpose is to hand one out, once. */
export function show({ json, lines }: Shown, asJson: boolean): void {
  process.stdout.write(asJson ? `${JSON.stringify(json)}\n` : `${lines.join('\n')}\n`);
}

/** Columns under their headings, as wide as their widest cell. */
export function table(headings: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string[] {
  const cells = [headings, ...rows.map((row) => row.map((cell) => (cell === null ? '-' : String(cell))))];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Name and value, one a line, values aligned. */
export function pairs(entries: readonly (readonly [string, string | number | null])[]): string[] {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${value ?? '-'}`);
}

/** A time as operators read it: UTC, to the second. */
export const timeText = (time: Date | null): string | null =>
  time === null ? null : `${time.toISOString().slice(0, 19).replace('T', ' ')}Z`;
