import { eventually } from '../support/eventually.js';
import { Installation } from '../support/installation.js';
import { TestTenant } from '../support/tenant.js';

interface Import {
  id: number;
  status: string;
  total: number | null;
  done: number;
  created: number;
  skipped: number;
  failed: number;
  error: { code: string; message: string } | null;
}

const MAX_ROWS = 2500;
const phoneOf = (n: number): string => `2012${String(n).padStart(8, '0')}`;
const manyRows = (count: number): string =>
  ['phone,firstname,lastname', ...Array.from({ length: count }, (_, n) => `${phoneOf(n)},N${n},Ali`)].join('\r\n');

/** Real processes: API, worker, Postgres, Redis, the media store. */
describe('imports of contacts', () => {
  let installation: Installation;
  let tenant: TestTenant;

  beforeAll(async () => {
    installation = await Installation.start({
      redisUrl: process.env.TEST_REDIS_URL ?? '',
      env: { IMPORT_MAX_ROWS: String(MAX_ROWS) },
    });
  });
  afterAll(() => installation.stop());
  beforeEach(async () => {
    tenant = await newTenant();
  });
  afterEach(() => tenant.close());

  const newTenant = (limits?: { contacts: number }): Promise<TestTenant> =>
    TestTenant.create({
      place: {
        apiUrl: installation.api.apiUrl,
        sandboxUrl: installation.sandbox.url,
        databaseUrl: installation.database.url,
      },
      withoutNumber: true,
      limits,
    });

  const upload = (file: string | Buffer, fields: Record<string, string> = {}, whose = tenant) =>
    whose.api.postForm('/api/v2/contacts/import', {
      source_id: whose.defaults.sourceId,
      status_id: whose.defaults.statusId,
      file: { bytes: Buffer.from(file), name: 'contacts.csv', type: 'text/csv' },
      ...fields,
    });

  async function start(file: string | Buffer, fields?: Record<string, string>, whose = tenant): Promise<Import> {
    const answer = await upload(file, fields, whose);
    expect(answer).toMatchObject({ status: 200, body: { message: 'Contact import started successfully' } });
    return answer.body.data as unknown as Import;
  }

  const read = async ({ id }: Import, whose = tenant): Promise<Import> =>
    (await whose.api.request('GET', `/api/v2/contacts/imports/${id}`)).body.data as unknown as Import;

  const ended = (one: Import, whose = tenant): Promise<Import> =>
    eventually(
      'the end of the import',
      async () => {
        const now = await read(one, whose);
        return now.status === 'completed' || now.status === 'failed' ? now : undefined;
      },
      60_000,
    );

  const run = async (file: string | Buffer, fields?: Record<string, string>, whose = tenant): Promise<Import> =>
    ended(await start(file, fields, whose), whose);

  const text = async (path: string, whose = tenant): Promise<string> => {
    const response = await fetch(`${whose.api.url}/api/v2/${path}`, {
      headers: { authorization: `Bearer ${whose.api.token}` },
    });
    expect(response.status).toBe(200);
    return response.text();
  };

  const stored = (whose = tenant) =>
    whose.rows<{ phone: string; firstname: string; type: string }>(
      'SELECT phone, firstname, type FROM contacts WHERE tenant_id = $1 ORDER BY phone',
      [whose.id],
    );

  const counted = async (whose = tenant): Promise<number | undefined> =>
    (await whose.rows<{ n: number }>('SELECT contact_count AS n FROM tenants WHERE id = $1', [whose.id]))[0]?.n;

  it('creates what is right, tells what is wrong by row, and counts both', async () => {
    const file = [
      'Phone,firstname,lastname,email,unknown',
      `+${phoneOf(1)},"Mona ""M"", the first",Ali,mona@example.com,x`,
      'no phone,Omar,Ali,,',
      `${phoneOf(1)},Again,Ali,,`,
      `${phoneOf(2)},,Ali,wrong,`,
      `${phoneOf(3)},Surplus,Ali,,,y`,
      `${phoneOf(4)},"Line\nfeed",Ali,,`,
    ].join('\n');
    const result = await run(file);
    expect(result).toMatchObject({ status: 'completed', total: 6, done: 6, created: 2, skipped: 0, failed: 4 });
    expect(await stored()).toEqual([
      { phone: phoneOf(1), firstname: 'Mona "M", the first', type: 'lead' },
      { phone: phoneOf(4), firstname: 'Line\nfeed', type: 'lead' },
    ]);
    expect(await counted()).toBe(2);
    const errors = (await text(`contacts/imports/${result.id}/errors`)).trim().split('\r\n').slice(1);
    expect(errors.map((line) => line.split(',').slice(0, 4).join(','))).toEqual([
      '2,3,VALIDATION_ERROR,phone',
      '3,4,VALIDATION_ERROR,phone',
      '4,5,VALIDATION_ERROR,firstname',
      '4,5,VALIDATION_ERROR,email',
      '5,6,VALIDATION_ERROR,',
    ]);
  });

  it('skips duplicates when told to', async () => {
    const file = `phone,firstname,lastname\n${phoneOf(1)},A,B\n00${phoneOf(1)},C,D\n`;
    expect(await run(file, { skip_duplicates: 'true' })).toMatchObject({ created: 1, skipped: 1, failed: 0 });
  });

  it.each([
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeffphone,firstname,lastname\n${phoneOf(1)},منى,علي\n`)],
    ['semicolons', Buffer.from(`phone;firstname;lastname\n${phoneOf(1)};منى;"a,b"\n`)],
    ['tabs', Buffer.from(`phone\tfirstname\tlastname\n${phoneOf(1)}\tمنى\tعلي\n`)],
    ['UTF-16', Buffer.from(`\ufeffphone,firstname,lastname\r\n${phoneOf(1)},منى,علي\r\n`, 'utf16le')],
  ])('reads %s', async (_, file) => {
    expect(await run(file)).toMatchObject({ status: 'completed', total: 1, created: 1 });
    expect(await stored()).toEqual([{ phone: phoneOf(1), firstname: 'منى', type: 'lead' }]);
  });

  it('takes a cell of 1 MB for one wrong row', async () => {
    const large = 'x'.repeat(1024 * 1024);
    const file = `phone,firstname,lastname,description\n${phoneOf(1)},A,B,${large}\n${phoneOf(2)},A,B,\n`;
    expect(await run(file)).toMatchObject({ status: 'completed', created: 1, failed: 1 });
  });

  it.each([
    ['an empty file', Buffer.from(''), 'The file is empty.'],
    ['white space', Buffer.from('\ufeff \n'), 'The file is empty.'],
    ['no phone column', Buffer.from('name,number\na,1\n'), 'The header names no column phone.'],
    ['a column twice', Buffer.from('phone,Phone \n1,2\n'), 'The header names the column phone twice.'],
    ['Latin-1', Buffer.from('phone,firstname\n2010,Zo\u00eb\n', 'latin1'), 'The file must be text in UTF-8'],
    ['UTF-16 without a mark', Buffer.from('phone,firstname\n', 'utf16le'), 'The file must be text in UTF-8'],
  ])('refuses %s at once', async (_, file, message) => {
    const answer = await upload(file);
    expect(answer).toMatchObject({ status: 422, body: { error: { code: 'VALIDATION_ERROR' } } });
    expect(answer.body.error?.details?.file).toEqual([expect.stringContaining(message)]);
  });

  it('names every wrong field at once', async () => {
    const answer = await tenant.api.postForm('/api/v2/contacts/import', { source_id: 'x', skip_duplicates: 'perhaps' });
    expect(answer.status).toBe(422);
    expect(Object.keys(answer.body.error?.details ?? {}).sort()).toEqual([
      'file',
      'skip_duplicates',
      'source_id',
      'status_id',
    ]);
  });

  it("refuses another tenant's source, and does not show another tenant's import", async () => {
    const other = await newTenant();
    const file = `phone,firstname,lastname,source_id\n${phoneOf(1)},A,B,${other.defaults.sourceId}\n`;
    const refused = await upload(file, { source_id: String(other.defaults.sourceId) });
    expect(refused.body.error?.details).toEqual({ source_id: ['There is no such source.'] });
    const own = await run(file);
    expect(own).toMatchObject({ created: 0, failed: 1 });
    for (const path of [`imports/${own.id}`, `imports/${own.id}/errors`, 'imports/x']) {
      expect(await other.api.request('GET', `/api/v2/contacts/${path}`)).toMatchObject({ status: 404 });
    }
    await other.close();
  });

  it('creates nothing of a file that is no CSV, has no rows, or one row too many', async () => {
    const broken = await run(`phone,firstname,lastname\n${phoneOf(1)},A,B\n${phoneOf(2)},"open,B\n`);
    expect(broken).toMatchObject({ status: 'failed', created: 0, error: { code: 'INVALID_FILE' } });
    const none = await run('phone,firstname\n\n');
    expect(none.error?.message).toBe('The file has no rows below its header.');
    const long = await run(manyRows(MAX_ROWS + 1));
    expect(long).toMatchObject({ status: 'failed', error: { message: `The file has more than ${MAX_ROWS} rows.` } });
    expect(await stored()).toEqual([]);
  });

  it('fills the plan in the middle of a file, and tells what had no room', async () => {
    const small = await newTenant({ contacts: 700 });
    const result = await run(manyRows(1200), {}, small);
    expect(result).toMatchObject({ status: 'completed', done: 1200, created: 700, skipped: 0, failed: 500 });
    expect(await counted(small)).toBe(700);
    expect((await stored(small)).at(-1)?.phone).toBe(phoneOf(699));
    const errors = (await text(`contacts/imports/${result.id}/errors`, small)).trim().split('\r\n').slice(1);
    expect(errors).toHaveLength(500);
    expect(errors[0]).toBe('701,702,FEATURE_LIMIT_EXCEEDED,,The plan has room for 700 contacts.');
    expect(new Set(errors.map((line) => line.split(',')[2]))).toEqual(new Set(['FEATURE_LIMIT_EXCEEDED']));
    await small.close();
  });

  it('lets ten of a tenant wait or run, also of fifty at the same moment', async () => {
    // One that waits for long, and all others behind it.
    const [first] = await tenant.rows<{ id: number }>(
      `INSERT INTO contact_imports (tenant_id, encoding, delimiter, source_id, status_id, next_at)
       VALUES ($1, 'utf-8', ',', $2, $3, now() + interval '1 hour') RETURNING id`,
      [tenant.id, tenant.defaults.sourceId, tenant.defaults.statusId],
    );
    const file = `phone,firstname,lastname\n${phoneOf(1)},A,B\n`;
    const answers = await Promise.all(Array.from({ length: 50 }, () => upload(file)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(9);
    const refused = answers.filter(({ status }) => status !== 200);
    for (const answer of refused) {
      expect(answer).toMatchObject({
        status: 429,
        body: { error: { code: 'RATE_LIMIT_EXCEEDED', details: { retry_after: 30 } } },
      });
    }
    // Before anything is looked at, as every 429.
    expect(await upload('')).toMatchObject({ status: 429 });
    await tenant.rows('UPDATE contact_imports SET next_at = NULL WHERE id = $1', [first?.id]);
    await start(file);
    expect(await upload(file)).toMatchObject({ status: 429 });
    await tenant.rows('DELETE FROM contact_imports WHERE tenant_id = $1', [tenant.id]);
  });

  it('goes on behind what is done when its worker is killed: nothing twice, nothing lost', async () => {
    const worker = installation.workers[0];
    // Holds the second step in the middle of its transaction.
    const client = await tenant.database.connect();
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO contacts (tenant_id, firstname, lastname, type, phone) VALUES ($1, 'Held', '', 'lead', $2)`,
      [tenant.id, phoneOf(700)],
    );
    const one = await start(manyRows(MAX_ROWS));
    await eventually('the second step', async () => {
      const [waiting] = await tenant.rows(
        `SELECT FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO contacts%'`,
      );
      return waiting && (await read(one)).done === 500 ? true : undefined;
    });
    await worker?.crash();
    await client.query('ROLLBACK');
    client.release();
    // The lease of the dead.
    await tenant.rows(
      "UPDATE contact_imports SET next_at = now() - interval '1 second' WHERE tenant_id = $1 AND next_at IS NOT NULL",
      [tenant.id],
    );
    await worker?.start();
    const result = await ended(one);
    expect(result).toMatchObject({ status: 'completed', done: MAX_ROWS, created: MAX_ROWS, skipped: 0, failed: 0 });
    expect((await stored()).map(({ phone }) => phone)).toEqual(Array.from({ length: MAX_ROWS }, (_, n) => phoneOf(n)));
    expect(await counted()).toBe(MAX_ROWS);
  });

  it('reads what an export wrote', async () => {
    const formula = '=HYPERLINK("x")';
    const mona = { phone: phoneOf(1), firstname: formula, lastname: 'two\r\nlines;"b"', email: 'mona@example.com' };
    await tenant.insertContact(mona);
    await run(manyRows(1001), { skip_duplicates: 'true' });
    const file = await text('contacts/export');
    expect(await run(file, { skip_duplicates: 'true' })).toMatchObject({ created: 0, skipped: 1001, failed: 0 });
    await tenant.rows('DELETE FROM contacts WHERE tenant_id = $1 AND phone = $2', [tenant.id, mona.phone]);
    expect(await run(file, { skip_duplicates: 'true' })).toMatchObject({ created: 1, skipped: 1000, failed: 0 });
    const [again] = await tenant.rows(
      'SELECT phone, firstname, lastname, email FROM contacts WHERE tenant_id = $1 AND phone = $2',
      [tenant.id, mona.phone],
    );
    expect(again).toEqual(mona);
  });
});
