import { jest } from '@jest/globals';
import pg from 'pg';
import * as files from '../../src/media/testing/sample-files.js';
import { type Listener, StoreLab } from '../integrations/store-lab.js';
import { wooOrderOf } from '../integrations/store-payloads.js';
import { commandJson } from '../operator/command.js';
import { databaseUrl, dropDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { Installation } from '../support/installation.js';
import { RedisProcess } from '../support/redis-process.js';
import { type Place, TestTenant } from '../support/tenant.js';
import { FAULT_TEST_MS } from './fault-lab.js';

jest.setTimeout(FAULT_TEST_MS);

/** Times that are minutes in production. */
const SHORT_TIMES = { RELEASE_LEASE_S: '2', UNKNOWN_SETTLE_S: '4', UNKNOWN_SETTLE_MAX_S: '8' };

let redis: RedisProcess;
let installation: Installation;
/** A copy of the database, as a backup has it: whole, and of one moment. */
let backup: string;
const tenants: TestTenant[] = [];

beforeAll(async () => {
  redis = await RedisProcess.start();
  installation = await Installation.start({ redisUrl: redis.url, env: SHORT_TIMES });
  backup = `${installation.database.name}_backup`;
});
afterAll(async () => {
  await Promise.all(tenants.map((tenant) => tenant.close()));
  await installation.stop();
  await dropDatabase(backup);
  await redis.stop();
});

const place = ({ api, sandbox, database }: Installation): Place => ({
  apiUrl: api.apiUrl,
  sandboxUrl: sandbox.url,
  databaseUrl: database.url,
});

async function newTenant(): Promise<TestTenant> {
  return known(await TestTenant.create({ place: place(installation), sandboxNumber: { enforce_window: false } }));
}

/** A tenant with a store. */
async function newShop(): Promise<{ lab: StoreLab; listener: Listener }> {
  const lab = await StoreLab.create({ place: place(installation) });
  known(lab.tenant);
  return { lab, listener: await lab.listener() };
}

function known(tenant: TestTenant): TestTenant {
  // The database is taken away under its connections.
  tenant.database.on('error', () => undefined);
  tenants.push(tenant);
  return tenant;
}

/** To `count` people, from the `first` on; answers the ids, ascending. */
async function accept(tenant: TestTenant, count: number, first = 0): Promise<number[]> {
  const media_file = { bytes: await files.jpeg(), name: 'photo.jpg', type: 'image/jpeg' };
  const answers = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      tenant.api.sendMedia(
        { phone: `2010${10_000_000 + first + index}`, media_type: 'image', media_file },
        { prefer: 'respond-async' },
      ),
    ),
  );
  const ids = answers.map(({ body }) => {
    const id = body.data?.chat_message_id;
    if (typeof id !== 'number') throw new Error(`not accepted: ${JSON.stringify(body)}`);
    return id;
  });
  return ids.sort((a, b) => a - b);
}

/** One database becomes the copy of another, whoever is connected to them. */
async function copyDatabase(from: string, to: string): Promise<void> {
  await dropDatabase(to);
  const client = new pg.Client({ connectionString: databaseUrl('postgres') });
  await client.connect();
  try {
    await client.query(`ALTER DATABASE ${from} ALLOW_CONNECTIONS false`);
    await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [from]);
    await eventually('the last connection ending', async () => {
      const { rowCount } = await client.query('SELECT 1 FROM pg_stat_activity WHERE datname = $1', [from]);
      return rowCount === 0 ? true : undefined;
    });
    await client.query(`CREATE DATABASE ${to} TEMPLATE ${from}`);
    await client.query(`ALTER DATABASE ${from} ALLOW_CONNECTIONS true`);
  } finally {
    await client.end();
  }
}

const statusesOf = async (tenant: TestTenant, ids: number[]): Promise<string[]> =>
  (await tenant.rows<{ status: string }>('SELECT status FROM messages WHERE id = ANY ($1) ORDER BY id', [ids])).map(
    ({ status }) => status,
  );

const becoming = (tenant: TestTenant, ids: number[], status: string): Promise<true> =>
  eventually(`${ids.length} messages becoming ${status}`, async () => {
    const statuses = await statusesOf(tenant, ids);
    return statuses.length === ids.length && statuses.every((is) => is === status) ? true : undefined;
  });

const all = (status: string, count: number): string[] => Array.from({ length: count }, () => status);

it('a restored backup sends nothing twice: what may have gone out becomes unknown, and is settled', async () => {
  const { api, workers, database, sandbox } = installation;
  const [worker] = workers;
  const env = { DATABASE_URL: database.url, WHATSAPP_API_BASE_URL: sandbox.url, PUBLIC_URL: api.apiUrl };
  const [heard, silent] = [await newTenant(), await newTenant()];
  const { lab: shop, listener } = await newShop();

  // The backup is taken while messages wait.
  await worker?.stop();
  const waiting = { heard: await accept(heard, 6), silent: await accept(silent, 6) };
  const basket = await shop.waiting(listener, wooOrderOf(shop.phone().local));
  await copyDatabase(database.name, backup);

  // Afterwards they are sent, and more is accepted. One account's statuses are still on their way.
  await heard.control.call('POST', `/accounts/${heard.wabaId}/webhooks/pause`);
  await worker?.start();
  await becoming(silent, waiting.silent, 'read');
  await becoming(heard, waiting.heard, 'sent');
  const lost = await accept(silent, 3);
  await becoming(silent, lost, 'read');
  await shop.due(basket);
  const { message_id: ofBasket } = await shop.settled(listener);
  await becoming(shop.tenant, [Number(ofBasket)], 'read');

  // The database is lost with everything since the backup; then the runbook of docs/backup-and-restore.md.
  await Promise.all([api.crash(), worker?.crash()]);
  await copyDatabase(backup, database.name);
  const [overdue = 0, doubted = 0] = waiting.heard;
  await heard.rows(`UPDATE messages SET expires_at = now() - interval '1 minute' WHERE id = $1`, [overdue]);
  await heard.rows(
    `UPDATE messages SET status = 'unknown', unknown_at = now() - interval '1 hour', next_at = NULL WHERE id = $1`,
    [doubted],
  );
  await shop.due(basket);
  await commandJson(['delivery', 'hold', '--reason', 'Restored from the backup'], env);
  await silent.rows(`SELECT setval(pg_get_serial_sequence('messages', 'id'), max(id) + 1000000) FROM messages`);
  await silent.rows(
    `SELECT setval(pg_get_serial_sequence('event_outbox', 'id'), nextval(pg_get_serial_sequence('event_outbox', 'id')) + 10000000)`,
  );
  await redis.crash();
  await redis.start();
  await commandJson(['migrate'], env);
  await api.start();
  await worker?.start();

  // Held: sends are accepted, and their jobs come to nothing.
  const [accepted = 0] = await accept(silent, 1, 100);
  // What a store delivers is taken, and waits.
  expect((await shop.deliver(listener, wooOrderOf(shop.phone().local))).status).toBe(200);
  // In the lane of one that is in doubt.
  const [behind = 0] = await accept(silent, 1);
  expect(lost).not.toContain(accepted);
  await eventually('the worker seeing the hold', () => (worker?.log.includes('delivery_held') ? true : undefined));
  await eventually('the new message being put back', async () => {
    const [row] = await silent.rows<{ due: boolean }>('SELECT next_at <= now() AS due FROM messages WHERE id = $1', [
      accepted,
    ]);
    return row?.due ? true : undefined;
  });
  expect(await commandJson(['delivery', 'status'], env)).toMatchObject({ held: true, waiting: 13, unknown: 1 });
  expect(await statusesOf(silent, [...waiting.silent, accepted, behind])).toEqual(all('queued', 8));
  // Nothing expires and nothing is settled meanwhile: the backup does not know what became of its messages.
  expect(await statusesOf(heard, waiting.heard)).toEqual(['queued', 'unknown', ...all('queued', 4)]);

  expect((await shop.payloads(listener)).map(({ status }) => status)).toEqual(['received', 'received']);

  expect(await commandJson(['delivery', 'release', '--restored'], env)).toMatchObject({
    released: true,
    unknown: 11,
    store_payloads: 1,
  });
  expect(await statusesOf(heard, waiting.heard)).toEqual(all('unknown', 6));

  // Begins without a restart; WhatsApp's late word settles the one account's messages, the policy the other's.
  await becoming(silent, [accepted, behind], 'read');
  await heard.control.call('POST', `/accounts/${heard.wabaId}/webhooks/resume`);
  await becoming(heard, waiting.heard, 'read');
  await becoming(silent, waiting.silent, 'failed');
  const [delivered, inDoubt] = await shop.allSettled(listener, 2);
  expect(inDoubt).toMatchObject({ id: basket, status: 'failed', reason: { code: 'UNKNOWN_OUTCOME' } });
  await becoming(shop.tenant, [Number(delivered?.message_id)], 'read');

  for (const [tenant, total] of [
    [heard, 6],
    [silent, 11],
    [shop.tenant, 2],
  ] as const) {
    const counts = await tenant.control.counts(tenant.phoneNumberId);
    expect({ total: counts.total, duplicates: counts.duplicates }).toEqual({ total, duplicates: {} });
  }
});
