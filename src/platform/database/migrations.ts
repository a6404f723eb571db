import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MigrationList } from '@prisma/schema-engine-wasm';
import pg from 'pg';
import type { SqlRunner } from './postgres.js';
import { applyWithSchemaEngine } from './schema-engine.js';

/** Where each migration stands. Names are those of the folders under prisma/migrations. */
export interface MigrationStatus {
  readonly applied: { name: string; finishedAt: Date }[];
  readonly pending: string[];
  /** Begun and not finished. It left nothing behind; the next `migrate` begins it again. */
  readonly failed: string[];
  /** In the database and not in this release: the database is newer than the program. */
  readonly unknown: string[];
}

// Held by whoever migrates, so that several starting at once apply each migration once. Any fixed number does.
const MIGRATE_LOCK = 7_411_020_301;

// The engine refuses to go on after a migration that failed until somebody says it was rolled back. Ours are: a script
// runs as one implicit transaction, and nobody else migrates while we hold the lock.
const FORGET_FAILED = `
DO $$ BEGIN
  IF to_regclass('_prisma_migrations') IS NOT NULL THEN
    UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL;
  END IF;
END $$`;

/**
 * Applies what is pending, in order of name, under an advisory lock; keeps the `_prisma_migrations` table of
 * `prisma migrate deploy`. Safe to run at any time, by several at once.
 * @returns names of the migrations that were applied now
 */
export async function applyMigrations(databaseUrl: string, folder = findMigrationsFolder()): Promise<string[]> {
  const migrations = await readMigrations(folder);
  const lock = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    application_name: 'rasl-migrate-lock',
  });
  await lock.connect();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATE_LOCK]);
    // Ends with the session, so a killed process leaves no lock.
    await lock.query(FORGET_FAILED);
    return await applyWithSchemaEngine(databaseUrl, migrations);
  } finally {
    await lock.end();
  }
}

/** Compares the folder with the database. */
export async function migrationStatus(sql: SqlRunner, folder = findMigrationsFolder()): Promise<MigrationStatus> {
  const names = await listMigrations(folder);
  const [table] = await sql.query<{ present: boolean }>(
    'migrations-table',
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS present`,
  );
  const rows = table?.present
    ? await sql.query<{ migration_name: string; finished_at: Date | null }>(
        'migrations-status',
        `SELECT migration_name, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY migration_name`,
      )
    : [];
  const applied = rows.flatMap(({ migration_name: name, finished_at: finishedAt }) =>
    finishedAt ? [{ name, finishedAt }] : [],
  );
  const done = new Set(applied.map(({ name }) => name));
  const failed = rows
    .filter((row) => !row.finished_at && !done.has(row.migration_name))
    .map((row) => row.migration_name);
  return {
    applied,
    pending: names.filter((name) => !done.has(name) && !failed.includes(name)),
    failed,
    unknown: rows.map((row) => row.migration_name).filter((name) => !names.includes(name)),
  };
}

/** The same over a connection of its own, for a program that has no more than the settings. */
export async function migrationStatusOf(databaseUrl: string): Promise<MigrationStatus> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: 5000,
    application_name: 'rasl-migrate-status',
  });
  await client.connect();
  try {
    return await migrationStatus({
      query: async <R extends object>(_name: string, text: string, parameters: unknown[] = []) =>
        (await client.query<R & Record<string, unknown>>(text, parameters)).rows,
    });
  } finally {
    await client.end();
  }
}

/** What still has to be applied before this release may run: pending and failed migrations. */
export async function pendingMigrations(sql: SqlRunner): Promise<string[]> {
  const { pending, failed } = await migrationStatus(sql);
  return [...failed, ...pending].sort();
}

/** prisma/migrations beside src/ (a checkout) or beside dist/ (the image): the nearest one above this file. */
export function findMigrationsFolder(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); at !== dirname(at); at = dirname(at)) {
    const folder = join(at, 'prisma', 'migrations');
    if (existsSync(join(folder, 'migration_lock.toml'))) return folder;
  }
  throw new Error('The folder prisma/migrations is missing beside the program');
}

async function listMigrations(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

async function readMigrations(folder: string): Promise<MigrationList> {
  const names = await listMigrations(folder);
  return {
    baseDir: folder,
    shadowDbInitScript: '',
    lockfile: { path: 'migration_lock.toml', content: await readFile(join(folder, 'migration_lock.toml'), 'utf8') },
    migrationDirectories: await Promise.all(
      names.map(async (name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok' as const, value: await readFile(join(folder, name, 'migration.sql'), 'utf8') },
        },
      })),
    ),
  };
}
