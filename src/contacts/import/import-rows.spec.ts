import { Readable } from 'node:stream';
import fc from 'fast-check';
import { csvHeader, csvLines } from '../export/csv-lines.js';
import { IMPORT_COLUMNS } from './import-file.js';
import { type ImportDelimiter, type ImportFormat, ImportRefusedError } from './import-format.js';
import { importRows, type ImportRow, MAX_ROW_BYTES } from './import-rows.js';

const UTF8: ImportFormat = { encoding: 'utf-8', delimiter: ',' };

async function rowsOf(file: string | Buffer, format = UTF8, pieceSize = 65_536): Promise<ImportRow[]> {
  const bytes = Buffer.from(file);
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceSize) }, (_, n) =>
    bytes.subarray(n * pieceSize, (n + 1) * pieceSize),
  );
  const rows: ImportRow[] = [];
  for await (const row of importRows(Readable.from(pieces), format)) rows.push(row);
  return rows;
}

const cellsOf = async (file: string | Buffer, format?: ImportFormat): Promise<ImportRow['cells'][]> =>
  (await rowsOf(file, format)).map(({ cells }) => cells);

const refusalOf = async (file: string): Promise<unknown> => rowsOf(file).catch((error: unknown) => error);

describe('the rows of an import', () => {
  it.each<[string, ImportDelimiter]>([
    ['phone,firstname\n1,"a;\tb"\n', ','],
    ['phone;firstname\n1;"a;\tb"\n', ';'],
    ['phone\tfirstname\n1\t"a;\tb"\n', '\t'],
  ])('are read from %j', async (file, delimiter) => {
    expect(await cellsOf(file, { encoding: 'utf-8', delimiter })).toEqual([{ phone: '1', firstname: 'a;\tb' }]);
  });

  it.each([
    ['UTF-8 with a mark', Buffer.from('\ufeffphone,city\r\n1,القاهرة\r\n'), 'utf-8'],
    ['UTF-16 LE', Buffer.from('\ufeffphone,city\r\n1,القاهرة\r\n', 'utf16le'), 'utf-16le'],
    ['UTF-16 BE', Buffer.from('\ufeffphone,city\r\n1,القاهرة\r\n', 'utf16le').swap16(), 'utf-16be'],
  ] as const)('are read from %s', async (_, file, encoding) => {
    expect(await cellsOf(file, { encoding, delimiter: ',' })).toEqual([{ phone: '1', city: 'القاهرة' }]);
  });

  it('may hold quotes and line breaks within quotes, and are told by number and line', async () => {
    const file = 'phone,firstname\r\n\r\n1,"M ""x"""\r\n,\r\n2,"two\r\nlines"\r\n3,last';
    for (const pieceSize of [1, 2, 5, 1000]) {
      expect(await rowsOf(file, UTF8, pieceSize)).toMatchObject([
        { number: 1, line: 3, cells: { phone: '1', firstname: 'M "x"' } },
        { number: 2, line: 6, cells: { phone: '2', firstname: 'two\r\nlines' } },
        { number: 3, line: 7, cells: { phone: '3', firstname: 'last' } },
      ]);
    }
  });

  it('end with whatever ends a line, also mixed', async () => {
    expect(await cellsOf('phone\n1\r\n2\r3\n\n')).toEqual([{ phone: '1' }, { phone: '2' }, { phone: '3' }]);
  });

  it('may lack cells at their end, not have more than the header names', async () => {
    expect(await rowsOf('phone,firstname,x\n1\n2,a,b,,\n3,a,b,c\n')).toMatchObject([
      { cells: { phone: '1' }, surplus: false },
      { cells: { phone: '2', firstname: 'a' }, surplus: false },
      { surplus: true },
    ]);
  });

  it('may have cells of 1 MB, which are for the rules of a contact to refuse', async () => {
    const large = 'x'.repeat(1024 * 1024);
    const [first, second] = await rowsOf(`phone,description\n1,${large}\n2,"${large}"\n`);
    expect(first?.cells.description).toHaveLength(large.length);
    expect(second).toMatchObject({ number: 2, size: large.length + 1 });
  });

  it('have MAX_ROW_BYTES at most', async () => {
    const row = (bytes: number) => `phone,description\n1,"${'x'.repeat(bytes - 1)}"\n`;
    expect(await rowsOf(row(MAX_ROW_BYTES))).toHaveLength(1);
    const refused = await refusalOf(row(MAX_ROW_BYTES + 2));
    expect(refused).toBeInstanceOf(ImportRefusedError);
    expect(refused).toHaveProperty('message', expect.stringContaining('Line 2: a row is longer than 2 MB'));
  });

  it.each([
    ['a quote that is not closed', 'phone,x\n1,a\n2,"b\n3,c\n', 'Line 4'],
    ['a quote within a cell', 'phone,x\n1,a"b"\n', 'Line 2'],
    ['text behind a quote', 'phone,x\n1,"a"b\n', 'Line 2'],
  ])('are no CSV with %s', async (_, file, line) => {
    const refused = await refusalOf(file);
    expect(refused).toBeInstanceOf(ImportRefusedError);
    expect(refused).toHaveProperty('message', expect.stringContaining(`no well-formed CSV. ${line}: a quote`));
  });

  it('are refused with their header', async () => {
    expect(await refusalOf('name\nx\n')).toEqual(expect.any(ImportRefusedError));
    expect(await refusalOf('phone,phone\n1,2\n')).toEqual(
      new ImportRefusedError('The header names the column phone twice.'),
    );
  });

  it('close their source when the reader stops before the end', async () => {
    const source = Readable.from(Array.from({ length: 100_000 }, (_, n) => Buffer.from(n === 0 ? 'phone\n' : '1\n')));
    const closed = new Promise((resolve) => source.once('close', resolve));
    for await (const row of importRows(source, UTF8)) if (row.number === 2) break;
    await closed;
  });

  it('pass on what keeps the source from being read', async () => {
    const source = Readable.from(
      (async function* () {
        yield await Promise.resolve(Buffer.from('phone\n1\n'));
        throw new Error('the disk is away');
      })(),
    );
    const reading = (async () => {
      for await (const row of importRows(source, UTF8)) expect(row.number).toBe(1);
    })();
    await expect(reading).rejects.toThrow('the disk is away');
  });

  it('are those that an export wrote', async () => {
    const unit = fc.constantFrom(
      "'",
      '=',
      '+',
      '-',
      '@',
      '"',
      ',',
      ';',
      '\t',
      '\r',
      '\n',
      ' ',
      'a',
      '٣',
      '🙂',
      '\ufeff',
    );
    const cell = fc.string({ unit, minLength: 1, maxLength: 8 });
    const row = fc.tuple(cell, cell, cell);
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 40 }),
        async (rows, size) => {
          const file = csvHeader(['phone', 'firstname', 'lastname']) + csvLines(rows);
          const read = (await rowsOf(file, UTF8, size)).map(({ cells }) => [
            cells.phone,
            cells.firstname,
            cells.lastname,
          ]);
          // Lines without anything but white space are none.
          expect(read).toEqual(rows.filter((cells) => cells.some((text) => text.trim() !== '')));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('may fill every column', async () => {
    const cells = IMPORT_COLUMNS.map((column) => `of ${column}`);
    expect(await cellsOf(csvHeader(IMPORT_COLUMNS) + csvLines([cells]))).toEqual([
      Object.fromEntries(IMPORT_COLUMNS.map((column) => [column, `of ${column}`])),
    ]);
  });
});
