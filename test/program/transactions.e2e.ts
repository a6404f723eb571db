import { readSettings } from '../../src/platform/config/settings.js';
import { Postgres, type SqlRunner } from '../../src/platform/database/postgres.js';
import { Log } from '../../src/platform/logging/log.js';
import { createDatabase, dropDatabase } from '../support/database.js';
import { baseEnvironment } from '../support/environment.js';

let database: { name: string; url: string };
// One after the other they take the same connection: what a transaction leaves behind on it, the next one would see.
let postgres: Postgres;
beforeAll(async () => {
  database = await createDatabase('transactions');
  const settings = readSettings({ ...baseEnvironment(), DATABASE_URL: database.url, LOG_LEVEL: 'silent' });
  // The tests' own server saves itself the disk by default.
  const before = new Postgres(settings, new Log(settings));
  await before.query('durable', `ALTER DATABASE "${database.name}" SET synchronous_commit = on`);
  await before.onModuleDestroy();
  postgres = new Postgres(settings, new Log(settings));
});
afterAll(async () => {
  await postgres.onModuleDestroy();
  await dropDatabase(database.name);
});

const shown = async (sql: SqlRunner, setting: 'lock_timeout' | 'synchronous_commit'): Promise<string | undefined> => {
  const [row] = await sql.query<{ value: string }>(`show_${setting}`, `SELECT current_setting('${setting}') AS value`);
  return row?.value;
};

it('waits for the disk at its COMMIT, unless it was told that its work can be done again', async () => {
  expect(await postgres.transaction((sql) => shown(sql, 'synchronous_commit'))).toBe('on');
  const relaxed = { flush: false, lockTimeoutMs: 150 };
  expect(await postgres.transaction((sql) => shown(sql, 'synchronous_commit'), relaxed)).toBe('off');
  expect(await shown(postgres, 'synchronous_commit')).toBe('on');
});

it('waits for locks as long as it was told, and what follows on its connection as long as before', async () => {
  const before = await shown(postgres, 'lock_timeout');
  expect(await postgres.transaction((sql) => shown(sql, 'lock_timeout'), { lockTimeoutMs: 150 })).toBe('150ms');
  expect(await postgres.transaction((sql) => shown(sql, 'lock_timeout'), { flush: false })).toBe(before);
  expect(await shown(postgres, 'lock_timeout')).toBe(before);
});
