import pg from 'pg';
import { eventually } from '../support/eventually.js';
import { sharedPlace, TestTenant } from '../support/tenant.js';
import { ContactLab } from './contact-lab.js';

/** Of the API's 12 connections. */
const SHARE = 3;

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('a phone that another transaction holds', () => {
  let tenant: TestTenant;
  let neighbour: TestTenant;
  let holder: pg.Client;
  beforeEach(async () => {
    const without = { withoutNumber: true };
    [tenant, neighbour] = await Promise.all([TestTenant.create(without), TestTenant.create(without)]);
    holder = new pg.Client({ connectionString: sharedPlace().databaseUrl });
    await holder.connect();
  });
  afterEach(() => Promise.all([tenant.close(), neighbour.close(), holder.end()]));

  /** A contact with this phone that is not committed: who wants it waits. */
  async function hold(phone: string): Promise<void> {
    await holder.query('BEGIN');
    await holder.query(
      `INSERT INTO contacts (tenant_id, firstname, lastname, type, phone, status_id, source_id)
       VALUES ($1, 'Mona', 'Ali', 'lead', $2, $3, $4)`,
      [tenant.id, phone, tenant.defaults.statusId, tenant.defaults.sourceId],
    );
  }

  /** How many connections wait for it. */
  async function blocked(): Promise<number> {
    const { rows } = await holder.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE datname = current_database() AND pg_backend_pid() = ANY (pg_blocking_pids(pid))`,
    );
    return rows[0]?.n ?? NaN;
  }

  it('keeps few connections busy, however many of its tenant want it, and no other tenant waits', async () => {
    await hold('201000000001');
    const lab = new ContactLab(tenant);
    const other = new ContactLab(neighbour);
    const creates = Array.from({ length: 50 }, () => lab.post({ phone: '201000000001' }));
    await eventually('a create that waits', async () => ((await blocked()) > 0 ? true : undefined));
    const seen: number[] = [];
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const answers = await Promise.all([
        ...Array.from({ length: 4 }, (_, m) => other.post({ phone: String(201000000100 + 4 * n + m) })),
        ...Array.from({ length: 4 }, () => neighbour.api.request('GET', '/api/v2/contacts')),
      ]);
      statuses.push(...answers.map(({ status }) => status));
      seen.push(await blocked());
    }
    expect(statuses.filter((status) => status !== 201 && status !== 200)).toEqual([]);
    expect(Math.max(...seen)).toBeLessThanOrEqual(SHARE);

    await holder.query('COMMIT');
    const answers = await Promise.all(creates);
    // Who has waited too long may repeat it; the others are told whose phone it is.
    const told = answers.map(({ status, body, headers }) =>
      status === 503 ? Number(headers.get('retry-after')) >= 1 : body.error?.details,
    );
    const taken = { phone: ['Another contact has this phone already.'] };
    expect(told.filter((one) => one !== true)).toEqual(told.filter((one) => one !== true).map(() => taken));
    expect(await lab.post({ phone: '201000000001' })).toMatchObject({
      status: 422,
      body: { error: { details: taken } },
    });
  });

  it('is answered with 503 and Retry-After when it stays held', async () => {
    await hold('201000000002');
    const answer = await new ContactLab(tenant).post({ phone: '201000000002' });
    expect(answer).toMatchObject({ status: 503, body: { error: { code: 'SERVICE_UNAVAILABLE' } } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    await holder.query('ROLLBACK');
    expect(await new ContactLab(tenant).post({ phone: '201000000002' })).toMatchObject({ status: 201 });
  });
});
