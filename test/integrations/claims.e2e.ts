import { DeliveryHold } from '../../src/delivery/hold/delivery-hold.js';
import { endDoubtedPayloads } from '../../src/delivery/hold/doubted-payloads.js';
import { PayloadLab } from './payload-lab.js';

/** Real: Postgres, a database of its own, where nobody else works payloads off. */
describe("stores' payloads", () => {
  let lab: PayloadLab;
  beforeAll(async () => {
    lab = await PayloadLab.create();
  });
  beforeEach(() => lab.empty());
  afterAll(() => lab.close());

  /** Tenants of what a process is given that works at `inWork` already. */
  const claim = async (limit: number, inWork: readonly number[] = []): Promise<number[]> =>
    (await lab.store.claim(limit, 3, 60, inWork)).map(({ tenant_id }) => tenant_id);

  it('are given out to a process at most three of a tenant at a time, whichever listeners they are of', async () => {
    const one = await lab.listener();
    const another = await lab.listener(one.tenantId);
    await lab.deliver(one, 5);
    await lab.deliver(another, 5);
    const { tenantId } = one;
    expect(await claim(12, [tenantId, tenantId, tenantId])).toEqual([]);
    expect(await claim(12, [tenantId, tenantId])).toEqual([tenantId]);
    expect(await claim(12)).toEqual([tenantId, tenantId, tenantId]);
    // Another process, which has none of them in work.
    expect(await claim(12)).toEqual([tenantId, tenantId, tenantId]);
  });

  it('are given out to the tenants in turn, also when one was first with many', async () => {
    const busy = await lab.listener();
    await lab.deliver(busy, 100);
    const quiet = await Promise.all([lab.listener(), lab.listener(), lab.listener()]);
    for (const one of quiet) await lab.deliver(one, 1);
    const tenants = [busy, ...quiet].map(({ tenantId }) => tenantId);
    expect((await claim(4)).sort()).toEqual(tenants.sort());
    expect(await claim(12, [busy.tenantId])).toEqual([busy.tenantId, busy.tenantId]);
  });

  it('are given out to each in the end, also when more tenants have many than a process has places', async () => {
    const busy = await Promise.all([lab.listener(), lab.listener(), lab.listener()]);
    for (const one of busy) await lab.deliver(one, 200);
    const quiet = await lab.listener();
    await lab.deliver(quiet, 1);
    const given: number[] = [];
    // One at a time, as if each had ended before the next: 200 times in a row somebody else's would be no chance.
    while (given.length < 200 && !given.includes(quiet.tenantId)) given.push(...(await claim(1)));
    expect(given).toContain(quiet.tenantId);
  });

  it('are given out once, until the lease ends', async () => {
    const one = await lab.listener();
    await lab.deliver(one, 2);
    const claims = await Promise.all([1, 2, 3].map(() => lab.store.claim(12, 3, 60, [])));
    expect(claims.flat().map(({ tries }) => tries)).toEqual([1, 1]);
    expect(await claim(12)).toEqual([]);
    await lab.outbox.run(`UPDATE store_payloads SET next_at = now() - interval '1 second'`);
    expect((await lab.store.claim(12, 3, 60, [])).map(({ tries }) => tries)).toEqual([2, 2]);
  });

  describe('while all delivery is held', () => {
    let hold: DeliveryHold;
    beforeEach(() => {
      hold = new DeliveryHold(lab.outbox.postgres);
    });
    afterEach(() => lab.outbox.run('DELETE FROM delivery_hold'));

    /** One that came, and was due, at these times from now, as the database says them. @returns its id */
    const came = async (received: string, due: string): Promise<number> => {
      const { id, tenantId } = await lab.listener();
      const [row] = await lab.rows<{ id: number }>(
        `INSERT INTO store_payloads (tenant_id, listener_id, request_id, body, size_bytes, received_at, due_at, next_at)
         SELECT $1, $2, gen_random_uuid(), '\\x7b7d', 2, clock_timestamp() + $3::interval, d, d
           FROM (SELECT clock_timestamp() + $4::interval AS d) t RETURNING id::int`,
        [tenantId, id, received, due],
      );
      return row?.id ?? NaN;
    };
    const statuses = async (): Promise<Map<number, string>> => {
      const rows = await lab.rows<{ id: number; status: string; code: string | null }>(
        `SELECT id::int, status, reason ->> 'code' AS code FROM store_payloads`,
      );
      return new Map(rows.map(({ id, status, code }) => [id, code ?? status]));
    };

    it('are given out to nobody; after it they are', async () => {
      const one = await lab.listener();
      await lab.deliver(one, 1);
      await hold.hold('a move');
      expect(await claim(12)).toEqual([]);
      expect(await hold.continue()).toMatchObject({ payloads: 0 });
      expect(await claim(12)).toEqual([one.tenantId]);
    });

    it('fail when the database was restored and they were due before, as far as they had come before', async () => {
      const doubted = [await came('-1 hour', '-1 second'), await came('-1 second', '-1 second')];
      const postponed = await came('-1 hour', '-1 hour');
      await lab.outbox.run(
        `UPDATE store_payloads SET tries = 3, next_at = now() + interval '1 hour' WHERE id = ${postponed}`,
      );
      const delayed = await came('-1 hour', '1 hour');
      const retried = await came('-1 hour', '-1 hour');
      await lab.outbox.run(`UPDATE store_payloads SET status = 'failed', next_at = NULL WHERE id = ${retried}`);
      await hold.hold('restored');
      const later = await came('0 seconds', '0 seconds');
      const [owner] = await lab.rows<{ tenant_id: number }>('SELECT tenant_id FROM store_payloads WHERE id = $1', [
        retried,
      ]);
      expect(await lab.store.retry(lab.outbox.postgres, owner?.tenant_id ?? NaN, retried)).toBe(true);
      expect(await hold.releaseRestored()).toMatchObject({ payloads: 3 });
      expect(await statuses()).toEqual(
        new Map([
          ...[...doubted, postponed].map((id) => [id, 'UNKNOWN_OUTCOME'] as const),
          ...[delayed, retried, later].map((id) => [id, 'received'] as const),
        ]),
      );
      const claimed = await lab.store.claim(12, 3, 60, []);
      expect(claimed.map(({ payload_id }) => payload_id)).toEqual([retried, later]);
    });

    it('fail in steps', async () => {
      for (let n = 0; n < 4; n += 1) await came('-1 hour', '-1 hour');
      const { hold: standing } = await hold.hold('restored');
      expect(await endDoubtedPayloads(lab.outbox.postgres, standing.heldAt, 2)).toBe(4);
      expect(new Set((await statuses()).values())).toEqual(new Set(['UNKNOWN_OUTCOME']));
      expect(await endDoubtedPayloads(lab.outbox.postgres, standing.heldAt, 2)).toBe(0);
    });
  });

  it('have a reason that Postgres can read, whatever was in it', async () => {
    const one = await lab.listener();
    await lab.deliver(one, 1);
    const [payload] = await lab.store.claim(1, 1, 60, []);
    if (!payload) throw new Error('nothing was given out');
    const message = 'a\0b\ud800c \u{1f44d}';
    expect(await lab.store.settle(payload, 'failed', { code: 'X', message, details: { at: ['\0'] } }, null)).toBe(true);
    const rows = await lab.rows<{ reason: unknown; message: string }>(
      `SELECT reason, reason ->> 'message' AS message FROM store_payloads`,
    );
    expect(rows).toEqual([
      { reason: { code: 'X', message: 'abc \u{1f44d}', details: { at: [''] } }, message: 'abc \u{1f44d}' },
    ]);
  });

  it('show operators how long the oldest of them waits', async () => {
    expect(await lab.oldestAge()).toBe(0);
    const one = await lab.listener();
    await lab.deliver(one, 2);
    await lab.outbox.run(
      `UPDATE store_payloads SET due_at = now() - interval '10 minutes' WHERE id = (SELECT min(id) FROM store_payloads)`,
    );
    const seconds = await lab.oldestAge();
    expect(seconds).toBeGreaterThanOrEqual(600);
    expect(seconds).toBeLessThan(1200);
    await lab.outbox.run(`UPDATE store_payloads SET status = 'failed', next_at = NULL`);
    expect(await lab.oldestAge()).toBe(0);
  });
});
