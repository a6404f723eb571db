import { randomBytes, randomUUID } from 'node:crypto';
import { DeliveryHold } from '../../src/delivery/hold/delivery-hold.js';
import { endDoubtedPayloads } from '../../src/delivery/hold/doubted-payloads.js';
import { onceHashOf } from '../../src/integrations/payloads/judge-payload.js';
import { MOST_WAITING, PayloadStore } from '../../src/integrations/payloads/payload-store.js';
import { StoreGauges } from '../../src/integrations/store-gauges.js';
import type { ListenerRow } from '../../src/integrations/store-listener.js';
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
  beforeEach(() => outbox.run('TRUNCATE store_listeners CASCADE'));
  afterAll(() => outbox.close());

  /** A listener of a tenant of its own, or of `tenantId`. */
  async function listener(tenantId?: number, delayMinutes = 0): Promise<{ id: number; tenantId: number }> {
    const owner = tenantId ?? (await outbox.sender()).tenantId;
    const { rows } = await outbox.postgres.pool.query<{ id: number }>(
      `INSERT INTO store_listeners (tenant_id, key, kind, name, template_name, language, mapping, delay_minutes)
       VALUES ($1, gen_random_uuid(), 'generic', 'n', 't', 'en', '{"phone":"$.a"}', $2) RETURNING id`,
      [owner, delayMinutes],
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
  /** As a process shows it that is scraped for the first time. */
  const oldestAge = async (): Promise<number> => {
    const metrics = new Metrics();
    new StoreGauges(metrics, outbox.postgres).onModuleInit();
    const { text } = await metrics.scrape();
    return Number(/^rasl_store_payload_oldest_age_seconds (\S+)$/m.exec(text)?.[1] ?? NaN);
  };
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

  describe('while all delivery is held', () => {
    let hold: DeliveryHold;
    beforeEach(() => {
      hold = new DeliveryHold(outbox.postgres);
    });
    afterEach(() => outbox.run('DELETE FROM delivery_hold'));

    /** One that came, and was due, at these times from now, as the database says them. @returns its id */
    const came = async (received: string, due: string): Promise<number> => {
      const { id, tenantId } = await listener();
      const { rows } = await outbox.postgres.pool.query<{ id: number }>(
        `INSERT INTO store_payloads (tenant_id, listener_id, request_id, body, size_bytes, received_at, due_at, next_at)
         SELECT $1, $2, gen_random_uuid(), '\\x7b7d', 2, clock_timestamp() + $3::interval, d, d
           FROM (SELECT clock_timestamp() + $4::interval AS d) t RETURNING id::int`,
        [tenantId, id, received, due],
      );
      return rows[0]?.id ?? NaN;
    };
    const statuses = async (): Promise<Map<number, string>> => {
      const { rows } = await outbox.postgres.pool.query<{ id: number; status: string; code: string | null }>(
        `SELECT id::int, status, reason ->> 'code' AS code FROM store_payloads`,
      );
      return new Map(rows.map(({ id, status, code }) => [id, code ?? status]));
    };

    it('are given out to nobody; after it they are', async () => {
      const one = await listener();
      await deliver(one, 1);
      await hold.hold('a move');
      expect(await claim(12)).toEqual([]);
      expect(await hold.continue()).toMatchObject({ payloads: 0 });
      expect(await claim(12)).toEqual([one.tenantId]);
    });

    it('fail when the database was restored and they were due before, as far as they had come before', async () => {
      const doubted = [await came('-1 hour', '-1 second'), await came('-1 second', '-1 second')];
      const postponed = await came('-1 hour', '-1 hour');
      await outbox.run(
        `UPDATE store_payloads SET tries = 3, next_at = now() + interval '1 hour' WHERE id = ${postponed}`,
      );
      const delayed = await came('-1 hour', '1 hour');
      const retried = await came('-1 hour', '-1 hour');
      await outbox.run(`UPDATE store_payloads SET status = 'failed', next_at = NULL WHERE id = ${retried}`);
      await hold.hold('restored');
      const later = await came('0 seconds', '0 seconds');
      const tenants = await outbox.postgres.pool.query<{ tenant_id: number }>(
        'SELECT tenant_id FROM store_payloads WHERE id = $1',
        [retried],
      );
      expect(await store.retry(outbox.postgres, tenants.rows[0]?.tenant_id ?? NaN, retried)).toBe(true);
      expect(await hold.releaseRestored()).toMatchObject({ payloads: 3 });
      expect(await statuses()).toEqual(
        new Map([
          ...[...doubted, postponed].map((id) => [id, 'UNKNOWN_OUTCOME'] as const),
          ...[delayed, retried, later].map((id) => [id, 'received'] as const),
        ]),
      );
      const claimed = await store.claim(12, 3, 60, []);
      expect(claimed.map(({ payload_id }) => payload_id)).toEqual([retried, later]);
    });

    it('fail in steps', async () => {
      for (let n = 0; n < 4; n += 1) await came('-1 hour', '-1 hour');
      const { hold: standing } = await hold.hold('restored');
      expect(await endDoubtedPayloads(outbox.postgres, standing.heldAt, 2)).toBe(4);
      expect(new Set((await statuses()).values())).toEqual(new Set(['UNKNOWN_OUTCOME']));
      expect(await endDoubtedPayloads(outbox.postgres, standing.heldAt, 2)).toBe(0);
    });
  });

  describe('of a listener with a delay', () => {
    const received = async (
      { id, tenantId }: { id: number; tenantId: number },
      { once = 'a', happenedAt = null }: { once?: string | null; happenedAt?: string | null } = {},
    ): Promise<number> => {
      const row = await listenerRow(id);
      await store.receive(row, {
        requestId: randomUUID(),
        topic: null,
        deliveryId: null,
        repeatHash: randomBytes(32),
        happenedAt: happenedAt === null ? null : new Date(happenedAt),
        body: Buffer.from('{}'),
        waiting: row.delay_minutes === 0 ? null : { onceHash: once === null ? null : onceHashOf(once), phone: null },
      });
      const { rows } = await outbox.postgres.pool.query<{ id: number }>(
        'SELECT max(id)::int AS id FROM store_payloads WHERE tenant_id = $1',
        [tenantId],
      );
      return rows[0]?.id ?? NaN;
    };
    const listenerRow = async (id: number): Promise<ListenerRow> => {
      const { rows } = await outbox.postgres.pool.query<ListenerRow>('SELECT * FROM store_listeners WHERE id = $1', [
        id,
      ]);
      const [row] = rows;
      if (!row) throw new Error('there is no such listener');
      return row;
    };
    /** Those that are due, were the delay over, and are replaced by newer ones. */
    const replaced = async (): Promise<number[]> => {
      await outbox.run(`UPDATE store_payloads SET next_at = now() - interval '1 second'`);
      const claimed = await store.claim(12, 12, 60, []);
      return claimed.filter(({ is_replaced }) => is_replaced).map(({ payload_id }) => payload_id);
    };

    it('are due after it, without one at once; who waits for it is not late', async () => {
      const one = await listener();
      await received(one);
      await outbox.run('UPDATE store_listeners SET delay_minutes = 60');
      await received(one);
      const { rows } = await outbox.postgres.pool.query<{ minutes: number }>(
        `SELECT (extract(epoch FROM next_at - received_at) / 60)::int AS minutes FROM store_payloads
          WHERE due_at = next_at ORDER BY id`,
      );
      expect(rows.map(({ minutes }) => minutes)).toEqual([0, 60]);
      await outbox.run(`UPDATE store_payloads SET next_at = NULL, status = 'failed' WHERE next_at <= received_at`);
      expect(await claim(12)).toEqual([]);
      expect(await oldestAge()).toBe(0);
    });

    it('count as the newest of the same once_per, by when they happened, else by when they came', async () => {
      const [one, other] = [await listener(undefined, 60), await listener(undefined, 60)];
      const first = await received(one, { happenedAt: '2026-01-01T10:00:00Z' });
      const newest = await received(one, { happenedAt: '2026-01-01T10:10:00Z' });
      const late = await received(one, { happenedAt: '2026-01-01T10:05:00Z' });
      await received(one, { once: 'b', happenedAt: '2026-01-01T09:00:00Z' });
      await received(other);
      expect(await replaced()).toEqual([first, late]);
      const unnamed = await received(one);
      expect(await replaced()).toEqual([first, newest, late]);
      await received(one, { happenedAt: '2999-01-01T00:00:00Z' });
      const last = await received(one);
      expect(await replaced()).toEqual(expect.arrayContaining([first, newest, late, unnamed]));
      expect(await replaced()).not.toContain(last);
    });

    it('all count without a once_per', async () => {
      const one = await listener(undefined, 60);
      await received(one, { once: null });
      await received(one, { once: null });
      expect(await replaced()).toEqual([]);
    });

    it(`may be ${MOST_WAITING}, not one more, until one is worked off`, async () => {
      const one = await listener(undefined, 60);
      await deliver(one, MOST_WAITING - 1);
      await received(one);
      await expect(received(one)).rejects.toMatchObject({ status: 429, code: 'RATE_LIMIT_EXCEEDED' });
      await received(await listener(one.tenantId, 60));
      await outbox.run(
        `UPDATE store_payloads SET next_at = NULL, status = 'failed' WHERE id = (SELECT min(id) FROM store_payloads)`,
      );
      await received(one);
    });
  });

  it('have a reason that Postgres can read, whatever was in it', async () => {
    const one = await listener();
    await deliver(one, 1);
    const [payload] = await store.claim(1, 1, 60, []);
    if (!payload) throw new Error('nothing was given out');
    const message = 'a\0b\ud800c \u{1f44d}';
    expect(await store.settle(payload, 'failed', { code: 'X', message, details: { at: ['\0'] } }, null)).toBe(true);
    const { rows } = await outbox.postgres.pool.query<{ reason: unknown; message: string }>(
      `SELECT reason, reason ->> 'message' AS message FROM store_payloads`,
    );
    expect(rows).toEqual([
      { reason: { code: 'X', message: 'abc \u{1f44d}', details: { at: [''] } }, message: 'abc \u{1f44d}' },
    ]);
  });

  it('show operators how long the oldest of them waits', async () => {
    expect(await oldestAge()).toBe(0);
    const one = await listener();
    await deliver(one, 2);
    await outbox.run(
      `UPDATE store_payloads SET due_at = now() - interval '10 minutes' WHERE id = (SELECT min(id) FROM store_payloads)`,
    );
    const seconds = await oldestAge();
    expect(seconds).toBeGreaterThanOrEqual(600);
    expect(seconds).toBeLessThan(1200);
    await outbox.run(`UPDATE store_payloads SET status = 'failed', next_at = NULL`);
    expect(await oldestAge()).toBe(0);
  });
});
