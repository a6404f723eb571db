import { checkImportFile, columnsOf, IMPORT_COLUMNS } from './import-file.js';
import { ImportRefusedError } from './import-format.js';

/** As an upload of any size: its beginning, and all of it. */
async function check(file: string | Buffer, headBytes = Infinity) {
  const bytes = Buffer.from(file);
  async function* chunks(): AsyncGenerator<Buffer> {
    yield await Promise.resolve(bytes);
  }
  return checkImportFile(bytes.subarray(0, Math.min(headBytes, bytes.length)), chunks());
}

describe('the check of an uploaded file', () => {
  it.each([
    ['phone,firstname\n', ','],
    ['phone;firstname\n', ';'],
    ['phone\tfirstname\n', '\t'],
    ['phone', ','],
    ['"phone";"a,b,c,d"\n1;2\n', ';'],
    ['a,b,c;phone\n', ';'],
    ['\r\n\n;;;\n"first\nname";Phone \n', ';'],
    ['phone,firstname\r2010,Mona\r', ','],
  ])('finds the separator of %j', async (file, delimiter) => {
    expect(await check(file)).toEqual({ encoding: 'utf-8', delimiter });
  });

  it('finds the encoding by its mark', async () => {
    expect(await check('\ufeffphone,x\n')).toMatchObject({ encoding: 'utf-8' });
    expect(await check(Buffer.from('\ufeffphone;x\n', 'utf16le'))).toEqual({ encoding: 'utf-16le', delimiter: ';' });
    expect(await check(Buffer.from('\ufeffphone\tx\n', 'utf16le').swap16())).toEqual({
      encoding: 'utf-16be',
      delimiter: '\t',
    });
  });

  it('needs no more than the beginning for the header, wherever it ends', async () => {
    const file = `phone,firstname\n2010,منى\n2011,"${'x'.repeat(1000)}\n`;
    for (const headBytes of [16, 17, 22, 23, 24, 100]) {
      expect(await check(file, headBytes)).toEqual({ encoding: 'utf-8', delimiter: ',' });
    }
  });

  it.each([
    ['', 'The file is empty.'],
    ['\ufeff', 'The file is empty.'],
    [' \r\n\t\n', 'The file is empty.'],
    ['name,number\na,1\n', 'The header names no column phone. Columns may be firstname, lastname, phone,'],
    [',,,\n', 'The header names no column phone.'],
    ['phone,Phone \n', 'The header names the column phone twice.'],
    ['phone,email,EMAIL\n', 'The header names the column email twice.'],
    ['"phone,firstname\n', 'The first line must be a header that names the columns.'],
    ['phone,fi"rst\n', 'The first line must be a header that names the columns.'],
    [`phone\n${','.repeat(1000)}`, 'A row has more than 1000 cells.'],
    ['phone,x\n2010,a\0b\n', 'The file must be text in UTF-8'],
    [Buffer.from('phone,x\n2010,Zo\u00eb\n', 'latin1'), 'The file must be text in UTF-8'],
  ])('refuses %j and says why', async (file, message) => {
    const refused = await check(file).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ImportRefusedError);
    expect(refused).toHaveProperty('message', expect.stringContaining(message));
  });
});

describe('the columns of a header', () => {
  it('are found whatever their case and place; others are passed over, also twice', () => {
    expect(columnsOf(['x', ' LastName', 'PHONE', 'x', ''])).toEqual([
      undefined,
      'lastname',
      'phone',
      undefined,
      undefined,
    ]);
    expect(columnsOf(IMPORT_COLUMNS)).toEqual(IMPORT_COLUMNS);
  });
});
