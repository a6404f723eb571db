import { jest } from '@jest/globals';
import { ImportLeaseLostError } from '../../src/contacts/import/import-store.js';
import { MOST_FAILURES } from '../../src/contacts/import/import-worker.js';
import { eventually } from '../support/eventually.js';
import { ImportLab, manyRows } from './import-lab.js';

const NEVER = new AbortController().signal;
const STEP = 500;

/** The worker's parts in this process, a database of their own. */
describe('imports among workers', () => {
  let lab: ImportLab;
  beforeEach(async () => {
    lab = await ImportLab.create();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await lab.close();
  });

  const ended = (id: number) =>
    eventually('the end of the import', async () => {
      const one = await lab.import(id);
      return one.next_in_s === null ? one : undefined;
    });

  it("are one worker's at a time, and one of each tenant, the oldest", async () => {
    const tenants = await Promise.all(Array.from({ length: 3 }, () => lab.tenant()));
    const first: number[] = [];
    for (const tenant of [...tenants, ...tenants]) first.push(await lab.upload(tenant, manyRows(1)));
    const claims = await Promise.all(Array.from({ length: 8 }, () => lab.imports.claim(2, 30)));
    // Who came at the same moment may have seen them taken: the rest is claimed now.
    claims.push(await lab.imports.claim(10, 30));
    const claimed = claims.flat();
    expect(claimed.map(({ id }) => id).sort((a, b) => a - b)).toEqual(first.slice(0, 3));
    expect(await lab.imports.claim(10, 30)).toEqual([]);
    const [one] = claimed;
    if (one) await lab.importRun.run(one, NEVER);
    const next = await lab.claimed();
    expect([next.tenant_id, first.slice(3).includes(next.id)]).toEqual([one?.tenant_id, true]);
  });

  it('are taken over when a lease ends; who had it creates nothing more', async () => {
    const tenant = await lab.tenant();
    const id = await lab.upload(tenant, manyRows(2 * STEP + 1));
    const slow = await lab.claimed();
    await lab.rows("UPDATE contact_imports SET next_at = now() - interval '1 second' WHERE id = $1", [id]);
    const quick = await lab.claimed();
    expect([quick.id, quick.tries]).toEqual([slow.id, slow.tries + 1]);
    const [lost] = await Promise.allSettled([lab.importRun.run(slow, NEVER), lab.importRun.run(quick, NEVER)]);
    expect(lost.status === 'rejected' && lost.reason).toBeInstanceOf(ImportLeaseLostError);
    expect(await lab.import(id)).toMatchObject({ status: 'completed', done: 2 * STEP + 1, created: 2 * STEP + 1 });
    expect(await lab.contacts(tenant)).toBe(2 * STEP + 1);
  });

  it('are given back by a worker that stops, behind its last transaction', async () => {
    const tenant = await lab.tenant();
    const id = await lab.upload(tenant, manyRows(2 * STEP + 1));
    const stopper = new AbortController();
    const advance = lab.imports.advance.bind(lab.imports);
    jest.spyOn(lab.imports, 'advance').mockImplementation(async (...step) => {
      await advance(...step);
      stopper.abort();
    });
    await lab.importRun.run(await lab.claimed(), stopper.signal);
    const stopped = await lab.import(id);
    expect(stopped).toMatchObject({ status: 'running', done: STEP, created: STEP, failures: 0 });
    expect(stopped.next_in_s).toBeLessThanOrEqual(0);
    jest.restoreAllMocks();
    await lab.importRun.run(await lab.claimed(), NEVER);
    expect(await lab.import(id)).toMatchObject({ status: 'completed', done: 2 * STEP + 1, created: 2 * STEP + 1 });
    expect(await lab.contacts(tenant)).toBe(2 * STEP + 1);
  });

  it('pause with their tenant', async () => {
    const tenant = await lab.tenant();
    const id = await lab.upload(tenant, manyRows(2 * STEP));
    const set = (status: string) => lab.rows('UPDATE tenants SET status = $2 WHERE id = $1', [tenant.tenantId, status]);
    const hold = lab.imports.hold.bind(lab.imports);
    jest.spyOn(lab.imports, 'hold').mockImplementation(async (sql, one, done) => {
      if (done === STEP) await set('suspended');
      await hold(sql, one, done);
    });
    const worker = lab.worker();
    worker.onApplicationBootstrap();
    const paused = await eventually('the pause', async () => {
      const one = await lab.import(id);
      return one.done === STEP && one.failures === 0 && (one.next_in_s ?? 1) <= 0 ? one : undefined;
    });
    expect(paused).toMatchObject({ status: 'running', created: STEP });
    expect(await lab.imports.claim(10, 30)).toEqual([]);
    jest.restoreAllMocks();
    await set('active');
    expect(await ended(id)).toMatchObject({ status: 'completed', created: 2 * STEP });
    await worker.onModuleDestroy();
    expect(await lab.contacts(tenant)).toBe(2 * STEP);
  });

  it('wait longer each time while their file cannot be read, and are given up at last', async () => {
    const [lasting, hopeless, missing] = await Promise.all([lab.tenant(), lab.tenant(), lab.tenant()]);
    const id = await lab.upload(lasting, manyRows(1));
    await lab.rows('UPDATE contact_imports SET failures = 2 WHERE id = $1', [id]);
    jest.spyOn(lab.media.store, 'openRead').mockRejectedValueOnce(new Error('the store is away'));
    const worker = lab.worker();
    worker.onApplicationBootstrap();
    const waiting = await eventually('the pause', async () => {
      const one = await lab.import(id);
      return one.failures === 3 && (one.next_in_s ?? 0) <= 20 ? one : undefined;
    });
    expect(waiting).toMatchObject({ status: 'running', done: 0 });
    expect(waiting.next_in_s).toBeGreaterThan(10);
    await lab.rows("UPDATE contact_imports SET failures = $2, next_at = now() - interval '1 second' WHERE id = $1", [
      id,
      MOST_FAILURES - 1,
    ]);
    expect(await ended(id)).toMatchObject({ status: 'completed', created: 1 });

    await lab.rows(
      `INSERT INTO contact_imports (tenant_id, encoding, delimiter, source_id, status_id, failures)
       VALUES ($1, 'utf-8', ',', 1, 1, $2), ($3, 'utf-8', ',', 1, 1, 0)`,
      [hopeless.tenantId, MOST_FAILURES, missing.tenantId],
    );
    const others = await lab.rows<{ id: number }>('SELECT id FROM contact_imports WHERE id <> $1 ORDER BY id', [id]);
    const codes = await Promise.all(others.map(async (other) => (await ended(other.id)).error_code));
    expect(codes).toEqual(['INTERNAL_ERROR', 'FILE_MISSING']);
    await worker.onModuleDestroy();
  });

  it('tell twenty things of a row, not one for each of a thousand groups', async () => {
    const tenant = await lab.tenant();
    const groups = (count: number) => Array.from({ length: count }, (_, n) => n + 1).join('|');
    const file = `phone,firstname,lastname,groups\n201200000001,A,B,${groups(20)}\n201200000002,A,B,${groups(21)}\n`;
    const id = await lab.upload(tenant, file);
    await lab.importRun.run(await lab.claimed(), NEVER);
    expect(
      await lab.rows(
        `SELECT row_number, count(*)::int AS told FROM contact_import_errors
          WHERE import_id = $1 GROUP BY row_number ORDER BY row_number`,
        [id],
      ),
    ).toEqual([
      { row_number: 1, told: 20 },
      { row_number: 2, told: 20 },
    ]);
  });
});
