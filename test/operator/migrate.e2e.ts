import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { applyMigrations, migrationStatus } from '../../src/platform/database/migrations.js';
import { SchemaEngineError } from '../../src/platform/database/schema-engine.js';
import { command, commandJson } from './command.js';
import { EmptyDatabase } from './empty-database.js';

/** Every migration of this release, in order. */
const migrations = readdirSync('prisma/migrations', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

let database: EmptyDatabase;

beforeEach(async () => {
  database = await EmptyDatabase.create();
});

afterEach(async () => database.drop());

describe('migrate', () => {
  it('brings an empty database to this release, and finds nothing to do the second time', async () => {
    const env = { DATABASE_URL: database.url };
    const first = await commandJson<{ applied: string[] }>(['migrate'], env);
    expect(first.applied).toContain('20261122000000_foundation');
    expect(await database.rows('SELECT count(*)::int AS messages FROM messages')).toEqual([{ messages: 0 }]);
    expect(await commandJson(['migrate'], env)).toEqual({ applied: [] });
  });

  it('lets one of several that start at once do the work', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => applyMigrations(database.url)));
    expect(runs.filter((applied) => applied.length > 0)).toHaveLength(1);
    expect(await database.rows('SELECT count(*)::int AS rows FROM _prisma_migrations')).toEqual([
      { rows: runs.flat().length },
    ]);
  });

  it('shows what is pending with status 1, and what is applied with status 0', async () => {
    const env = { DATABASE_URL: database.url };
    const before = await command(['migrate', 'status', '--json'], env);
    expect(before.code).toBe(1);
    expect(JSON.parse(before.stdout)).toMatchObject({ applied: [], pending: migrations });
    await applyMigrations(database.url);
    const after = await command(['migrate', 'status'], env);
    expect(after).toMatchObject({ code: 0, stderr: '' });
    expect(after.stdout).toMatch(/applied {2}20261122000000_foundation +\d{4}-/);
  });
});

describe('a migration', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rasl-migrations-'));
    await writeFile(join(folder, 'migration_lock.toml'), 'provider = "postgresql"\n');
  });

  afterEach(async () => rm(folder, { recursive: true }));

  async function write(name: string, sql: string): Promise<void> {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'migration.sql'), sql);
  }

  const sql = {
    query: <T extends object>(_name: string, text: string): Promise<T[]> => database.rows<T & pg.QueryResultRow>(text),
  };

  it('may hold semicolons in comments and function bodies', async () => {
    await write(
      '1_function',
      `-- one; two
       CREATE FUNCTION seven() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 7; END $$;
       CREATE TABLE notes (text text DEFAULT 'a;b');`,
    );
    expect(await applyMigrations(database.url, folder)).toEqual(['1_function']);
    expect(await database.rows('SELECT seven()')).toEqual([{ seven: 7 }]);
  });

  it('that fails leaves nothing behind, says where it failed, and holds up those after it', async () => {
    await write('1_good', 'CREATE TABLE good (id integer);');
    await write('2_bad', 'CREATE TABLE half (id integer);\nCREATE TABLE other (id nonsense);\n');
    await write('3_after', 'CREATE TABLE after (id integer);');
    const failure = await applyMigrations(database.url, folder).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SchemaEngineError);
    expect(String(failure)).toMatch(/type "nonsense" does not exist \(line 2 of the migration\)/);
    expect(await database.rows(`SELECT to_regclass('half') AS half, to_regclass('after') AS after`)).toEqual([
      { half: null, after: null },
    ]);
    const status = await migrationStatus(sql, folder);
    expect(status.applied.map(({ name }) => name)).toEqual(['1_good']);
    expect(status).toMatchObject({ failed: ['2_bad'], pending: ['3_after'], unknown: [] });
  });

  it('that failed is applied by the next run once it is right', async () => {
    await write('1_once', 'CREATE TABLE half (id integer); CREATE TABLE other (id nonsense);');
    await expect(applyMigrations(database.url, folder)).rejects.toThrow(SchemaEngineError);
    await writeFile(join(folder, '1_once', 'migration.sql'), 'CREATE TABLE half (id integer);');
    expect(await applyMigrations(database.url, folder)).toEqual(['1_once']);
    expect(await migrationStatus(sql, folder)).toMatchObject({
      applied: [{ name: '1_once' }],
      pending: [],
      failed: [],
    });
  });

  it('that this release does not know is shown: the database is newer than the program', async () => {
    await write('1_old', 'CREATE TABLE old (id integer);');
    await write('2_new', 'CREATE TABLE new (id integer);');
    await applyMigrations(database.url, folder);
    await rm(join(folder, '2_new'), { recursive: true });
    expect(await migrationStatus(sql, folder)).toMatchObject({ pending: [], failed: [], unknown: ['2_new'] });
  });
});

describe('a database that cannot be migrated', () => {
  it.each([
    [
      'nobody listens',
      'postgresql://nobody@127.0.0.1:1/none',
      'The database does not answer at the address in DATABASE_URL',
    ],
    ['the database is missing', undefined, 'The database named in DATABASE_URL does not exist'],
  ])('(%s) is told in one line with status 1', async (_name, url, message) => {
    const result = await command(['migrate'], { DATABASE_URL: url ?? `${database.url}_not_there` });
    expect(result).toEqual({ code: 1, stdout: '', stderr: `error: ${message}\n` });
  });
});
