import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readSettings } from '../../src/platform/config/settings.js';
import { Postgres } from '../../src/platform/database/postgres.js';
import { Log } from '../../src/platform/logging/log.js';
import { DeliveryStore } from '../../src/webhooks/delivery/delivery-store.js';
import { createDatabase, dropDatabase } from '../support/database.js';
import { baseEnvironment } from '../support/environment.js';

const LEASE_MS = 60_000;
/** A tenant. */
const SUSPENDED = 2;

interface Columns {
  failing?: boolean;
  enabled?: boolean;
  tenantId?: number;
}

/** A database of its own, in which no worker takes anything. */
describe('endpoints that something waits for', () => {
  let database: { name: string; url: string };
  let postgres: Postgres;
  let store: DeliveryStore;
  const [owner, other] = [randomUUID(), randomUUID()];
  beforeAll(async () => {
    database = await createDatabase('leases');
    const settings = readSettings({ ...baseEnvironment(), DATABASE_URL: database.url, LOG_LEVEL: 'silent' });
    postgres = new Postgres(settings, new Log(settings));
    store = new DeliveryStore(postgres);
    await postgres.query(
      '',
      "INSERT INTO tenants (id, name, subdomain, status) VALUES (1, 'a', 'a', 'active'), ($1, 'b', 'b', 'suspended')",
      [SUSPENDED],
    );
  });
  afterAll(async () => {
    await postgres.onModuleDestroy();
    await dropDatabase(database.name);
  });
  beforeEach(() => postgres.pool.query('TRUNCATE webhooks, webhook_deliveries, webhook_leases'));

  /** Its first delivery is due since `dueS` seconds. */
  async function endpoint(dueS: number, columns: Columns = {}): Promise<number> {
    const [row] = await postgres.query<{ id: number }>(
      'test:endpoint',
      `INSERT INTO webhooks (tenant_id, url, events, secret_encrypted, failing_since, enabled)
       VALUES ($3, 'https://shop.example', '{*}', '', CASE WHEN $1 THEN now() END, $2) RETURNING id`,
      [columns.failing ?? false, columns.enabled ?? true, columns.tenantId ?? 1],
    );
    if (!row) throw new Error('no endpoint');
    await waits(row.id, dueS, '0 seconds');
    return row.id;
  }

  /** A delivery to it, created so long ago; answers its id. */
  async function waits(webhookId: number, dueS: number, age: string): Promise<number> {
    const [row] = await postgres.query<{ id: number }>(
      'test:waits',
      `INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_created_at, event_id, resource, next_at, created_at)
       VALUES (1, $1, now(), 1, 'contact:1', now() - $2 * interval '1 second', now() - $3::interval) RETURNING id`,
      [webhookId, dueS, age],
    );
    return row?.id ?? 0;
  }

  const take = async (sound: number, troubled: number, by = owner): Promise<number[]> =>
    (await store.take(by, LEASE_MS, { sound, troubled })).map(({ id }) => id).sort((a, b) => a - b);

  it('are taken by one worker: of each kind as many as it has room for, those that wait the longest', async () => {
    const sound = [await endpoint(10), await endpoint(30), await endpoint(20)];
    const failing = [await endpoint(15, { failing: true }), await endpoint(25, { failing: true })];
    await endpoint(-60);
    await endpoint(40, { enabled: false });
    expect(await take(2, 1)).toEqual([sound[1], sound[2], failing[1]]);
    expect(await take(0, 0, other)).toEqual([]);
    expect(await take(10, 10, other)).toEqual([sound[0], failing[0]]);
    expect(await take(10, 10)).toEqual([]);
  });

  it('go behind the others of their kind when they are set aside, so that each has its turn', async () => {
    const ids = [await endpoint(50), await endpoint(40, { failing: true }), await endpoint(30, { failing: true })];
    const [slow = 0, first = 0, second = 0] = ids;
    expect(await take(1, 1)).toEqual([slow, first]);
    await store.setAside(owner, [
      { id: slow, restMs: 0, troubled: true },
      { id: first, restMs: 0, troubled: true },
    ]);
    // What is slow is known of it, though no delivery failed.
    expect(await take(10, 1, other)).toEqual([second]);
    expect(await take(10, 2, other)).toEqual([slow, first]);
  });

  it('go behind the others also when they answer', async () => {
    const [first, second] = [await endpoint(50), await endpoint(40)];
    expect(await take(1, 0)).toEqual([first]);
    await store.setAside(owner, [{ id: first, restMs: 0, troubled: false }]);
    expect(await take(1, 10, other)).toEqual([second]);
    expect(await store.take(other, LEASE_MS, { sound: 1, troubled: 10 })).toEqual([{ id: first, troubled: false }]);
  });

  it('are left alone while they rest, and forget their trouble when they are given back', async () => {
    const id = await endpoint(10);
    await take(1, 0);
    await store.setAside(owner, [{ id, restMs: 60_000, troubled: true }]);
    expect(await take(10, 10, other)).toEqual([]);
    await postgres.query('', "UPDATE webhook_leases SET until = until - interval '61 seconds'");
    expect(await store.take(other, LEASE_MS, { sound: 10, troubled: 10 })).toEqual([{ id, troubled: true }]);
    await store.setAside(owner, [{ id, restMs: 0, troubled: true }]);
    await store.giveBack(owner, [id]);
    // It is not the first one's any more.
    expect(await take(10, 10)).toEqual([]);
    await store.giveBack(other, [id]);
    expect(await store.take(owner, LEASE_MS, { sound: 10, troubled: 10 })).toEqual([{ id, troubled: false }]);
  });

  it('lose what had waited for three days when they were enabled again, and what waits for nobody', async () => {
    const [lately, never, off] = [await endpoint(-60), await endpoint(-60), await endpoint(-60, { enabled: false })];
    await postgres.query('', "UPDATE webhooks SET resumed_at = now() - interval '1 hour' WHERE id = $1", [lately]);
    const kept = [
      await waits(lately, 1, '3 days 59 minutes'),
      await waits(never, 1, '4 days'),
      await waits(off, 1, '2 days 23 hours'),
    ];
    const lost = [
      await waits(lately, 1, '3 days 61 minutes'),
      await waits(off, 1, '3 days'),
      await waits(2_000_000_000, 1, '0 seconds'),
    ];
    expect(await store.abandon(2)).toBe(2);
    expect(await store.abandon(10)).toBe(1);
    expect(await store.abandon(10)).toBe(0);
    const rows = await postgres.query<{ id: number; status: string; attempts: number }>(
      '',
      "SELECT id, status, attempts FROM webhook_deliveries WHERE created_at < now() - interval '1 hour' OR webhook_id > 1000000000 ORDER BY id",
    );
    expect(rows).toEqual([
      ...kept.map((id) => ({ id, status: 'pending', attempts: 0 })),
      ...lost.map((id) => ({ id, status: 'dead', attempts: 0 })),
    ]);
  });

  it('lose, while their tenant is suspended, what has waited for three days', async () => {
    const id = await endpoint(1, { tenantId: SUSPENDED });
    const [kept, lost] = [await waits(id, 1, '2 days 23 hours'), await waits(id, 1, '3 days')];
    expect([await take(10, 10), await store.abandon(10), await store.abandon(10)]).toEqual([[], 1, 0]);
    const rows = await postgres.query(
      '',
      "SELECT id, status, error FROM webhook_deliveries WHERE created_at < now() - interval '1 hour' ORDER BY id",
    );
    expect(rows).toEqual([
      { id: kept, status: 'pending', error: null },
      { id: lost, status: 'dead', error: 'The account was suspended for too long.' },
    ]);
  });
});
