import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { runCli } from './cli.js';

const required = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the end-to-end tests by "npm test"`);
  return value;
};

/** The server's URL with another database. */
export function databaseUrl(database: string): string {
  const url = new URL(required('TEST_DATABASE_URL'));
  url.pathname = `/${database}`;
  return url.toString();
}

async function asAdministrator<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: required('TEST_DATABASE_URL') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Changes with the migrations, so that an older template is never used. */
function templateName(): string {
  const hash = createHash('sha256');
  const folder = join(process.cwd(), 'prisma/migrations');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.endsWith('.sql')) hash.update(readFileSync(join(folder, name)));
  }
  return `template_${hash.digest('hex').slice(0, 12)}`;
}

/** A fresh migrated database of its own, by name; copied from a template that is migrated once. */
export async function createDatabase(prefix = 'test'): Promise<{ name: string; url: string }> {
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  const template = templateName();
  await asAdministrator(async (client) => {
    // One of several test processes makes the template; the others wait for it.
    await client.query('SELECT pg_advisory_lock(7236471)');
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [template]);
    if (rowCount === 0) {
      const building = `${template}_building`;
      await client.query(`DROP DATABASE IF EXISTS ${building}`);
      await client.query(`CREATE DATABASE ${building}`);
      await runCli(['migrate'], { DATABASE_URL: databaseUrl(building) });
      await client.query(`ALTER DATABASE ${building} RENAME TO ${template}`);
    }
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  return { name, url: databaseUrl(name) };
}

/** Ends the database and whatever is still connected to it. */
export async function dropDatabase(name: string): Promise<void> {
  await asAdministrator((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
}
