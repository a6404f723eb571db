import type { ImportFormat } from './import-format.js';
import { ImportRefusedError } from './import-format.js';
import { encodingOf, MAX_CELLS, textOf } from './import-text.js';

const NOT_TEXT = 'The file must be text in UTF-8, or in UTF-16 with a byte order mark.';
const COMMAS: ImportFormat = { encoding: 'utf-8', delimiter: ',' };

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function read(bytes: Buffer, format = COMMAS, pieceSize = 1): Promise<string> {
  let text = '';
  for await (const piece of textOf(inPieces(bytes, pieceSize), format)) text += piece;
  return text;
}

/** UTF-16 with the byte order that Node does not write itself. */
const bigEndian = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

describe('the text of an import', () => {
  const TEXT = 'phone,firstname\r\n2010,منى 🙂\r\n';

  it.each([
    ['UTF-8', Buffer.from(TEXT), 'utf-8'],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${TEXT}`), 'utf-8'],
    ['UTF-16 LE', Buffer.from(`\ufeff${TEXT}`, 'utf16le'), 'utf-16le'],
    ['UTF-16 BE', bigEndian(`\ufeff${TEXT}`), 'utf-16be'],
  ] as const)('is read from %s, wherever its pieces end', async (_, bytes, encoding) => {
    expect(encodingOf(bytes)).toBe(encoding);
    for (const size of [1, 2, 3, 7, bytes.length]) {
      expect(await read(bytes, { encoding, delimiter: ',' }, size)).toBe(TEXT);
    }
  });

  it.each([
    ['Windows-1256', Buffer.from([0x70, 0x2c, 0xe3, 0xe4, 0xec, 0x0a])],
    ['Latin-1', Buffer.from('Zo\u00eb,', 'latin1')],
    ['UTF-8 that ends within a character', Buffer.from('منى').subarray(0, 5)],
    ['UTF-16 LE without a mark', Buffer.from(TEXT, 'utf16le')],
    ['UTF-16 BE without a mark', bigEndian('phone')],
    ['text with NUL', Buffer.from('phone\0,x')],
  ])('is not %s', async (_, bytes) => {
    const refused = await read(bytes).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ImportRefusedError);
    expect(refused).toHaveProperty('message', NOT_TEXT);
  });

  it.each([
    ['half a surrogate pair', Buffer.from('\ufeffa\ud83d,', 'utf16le')],
    ['an odd number of bytes', Buffer.from('\ufeffab', 'utf16le').subarray(0, 5)],
  ])('is not UTF-16 with %s', async (_, bytes) => {
    await expect(read(bytes, { encoding: 'utf-16le', delimiter: ',' })).rejects.toThrow(NOT_TEXT);
  });

  it('may have rows of MAX_CELLS cells, not of one more', async () => {
    const row = ','.repeat(MAX_CELLS - 1);
    const most = Buffer.from([row, row, `"${row},\n""${row}"${row}`, ''].join('\r\n'));
    expect(await read(most, COMMAS, 100)).toBe(most.toString());
    await expect(read(Buffer.from(`${row}\n${row},\n`), COMMAS, 100)).rejects.toThrow(
      new ImportRefusedError('A row has more than 1000 cells.'),
    );
    // Other separators are text.
    expect(await read(Buffer.from(`${row},`), { encoding: 'utf-8', delimiter: ';' }, 100)).toHaveLength(MAX_CELLS);
  });
});
