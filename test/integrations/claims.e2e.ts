import { PayloadStore } from '../../src/integrations/payloads/payload-store.js';
import { StoreGauges } from '../../src/integrations/store-gauges.js';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import { Outbox } from '../delivery/outbox.js';

/** Real: Postgres, a database of its own, where nobody else works payloads off. */
describe("stores' payloads", () => {
  let outbox: Outbox;
  let store: PayloadStore;
  beforeAll(async () => {
    outbox = await Outbox.create();
    store = new PayloadStore(outbox.postgres);
  });
  afterEach(() => outbox.run('TRUNCATE store_listeners CASCADE'));
  afterAll(() => outbox.close());

  /** A listener of a tenant of its own, or of `tenantId`. */
  async function listener(tenantId?: number): Promise<{ id: number; tenantId: number }> {
    const owner = tenantId ?? (await outbox.sender()).tenantId;
    const { rows } = await outbox.postgres.pool.query<{ id: number }>(
      `INSERT INTO store_listeners (tenant_id, key, kind, name, template_name, language, mapping)
       VALUES ($1, gen_random_uuid(), 'generic', 'n', 't', 'en', '{"phone":"$.a"}') RETURNING id`,
      [owner],
    );
    const [row] = rows;
    if (!row) throw new Error('no listener was stored');
    return { id: row.id, tenantId: owner };
  }

  const deliver = ({ id, tenantId }: { id: number; tenantId: number }, count: number): Promise<void> =>
    outbox.run(
      `INSERT INTO store_payloads (tenant_id, listener_id, request_id, body, size_bytes, next_at)
       SELECT $1, $2, gen_random_uuid(), '\\x7b7d', 2, now() - interval '1 second' FROM generate_series(1, $3::int)`,
      [tenantId, id, count],
    );
  /** Tenants of what a process is given that works at `inWork` already. */
  const claim = async (limit: number, inWork: readonly number[] = []): Promise<number[]> =>
    (await store.claim(limit, 3, 60, inWork)).map(({ tenant_id }) => tenant_id);

  it('are given out to a process at most three of a tenant at a time, whichever listeners they are of', async () => {
    const one = await listener();
    const another = await listener(one.tenantId);
    await deliver(one, 5);
    await deliver(another, 5);
    const { tenantId } = one;
    expect(await claim(12, [tenantId, tenantId, tenantId])).toEqual([]);
    expect(await claim(12, [tenantId, tenantId])).toEqual([tenantId]);
    expect(await claim(12)).toEqual([tenantId, tenantId, tenantId]);
    // Another process, which has none of them in work.
    expect(await claim(12)).toEqual([tenantId, tenantId, tenantId]);
  });

  it('are given out to the tenants in turn, also when one was first with many', async () => {
    const busy = await listener();
    await deliver(busy, 100);
    const quiet = await Promise.all([listener(), listener(), listener()]);
    for (const one of quiet) await deliver(one, 1);
    const tenants = [busy, ...quiet].map(({ tenantId }) => tenantId);
    expect((await claim(4)).sort()).toEqual(tenants.sort());
    expect(await claim(12, [busy.tenantId])).toEqual([busy.tenantId, busy.tenantId]);
  });

  it('are given out once, until the lease ends', async () => {
    const one = await listener();
    await deliver(one, 2);
    const claims = await Promise.all([1, 2, 3].map(() => store.claim(12, 3, 60, [])));
    expect(claims.flat().map(({ tries }) => tries)).toEqual([1, 1]);
    expect(await claim(12)).toEqual([]);
    await outbox.run(`UPDATE store_payloads SET next_at = now() - interval '1 second'`);
    expect((await store.claim(12, 3, 60, [])).map(({ tries }) => tries)).toEqual([2, 2]);
  });

  it('show operators how long the oldest of them waits', async () => {
    const age = async () => {
      const metrics = new Metrics();
      new StoreGauges(metrics, outbox.postgres).onModuleInit();
      const { text } = await metrics.scrape();
      return Number(/^rasl_store_payload_oldest_age_seconds (\S+)$/m.exec(text)?.[1] ?? NaN);
    };
    expect(await age()).toBe(0);
    const one = await listener();
    await deliver(one, 2);
    await outbox.run(
      `UPDATE store_payloads SET waits_since = now() - interval '10 minutes' WHERE id = (SELECT min(id) FROM store_payloads)`,
    );
    const seconds = await age();
    expect(seconds).toBeGreaterThanOrEqual(600);
    expect(seconds).toBeLessThan(1200);
    await outbox.run(`UPDATE store_payloads SET status = 'failed', next_at = NULL`);
    expect(await age()).toBe(0);
  });
});
