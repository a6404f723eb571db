/** The platform's own processes: the program in one of its roles, and its command line. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { privateFolder, root } from '../checkout.mjs';
import { RANK, tailOf } from '../launcher.mjs';
import { LaunchError, say } from '../say.mjs';

const MAIN = join(root, 'dist/app/main.js');
const CLI = join(root, 'dist/app/cli.js');
/** Postgres's code for a table that does not exist: nothing was ever migrated. */
const UNDEFINED_TABLE = '42P01';
const STARTS_WITHIN_MS = 60_000;
/** Longer than the program's own SHUTDOWN_TIMEOUT_S: it finishes what was begun, and is not cut short. */
const STOPS_WITHIN_MS = 60_000;
/** As in the Dockerfile: file syncs and look-ups of names wait for each other on Node's default of 4 threads. */
const THREADS = { UV_THREADPOOL_SIZE: '16' };

/**
 * Starts the program and waits until it is ready. Its log goes to the file `log`, or to the terminal: readable when a
 * person watches, JSON lines else. Answers `{api_url, operator_url}` (a worker has no `api_url`).
 */
export async function startPlatform(launcher, { env, log }) {
  const readyFile = join(privateFolder('run'), `ready-${process.pid}`);
  rmSync(readyFile, { force: true });
  const part = launcher.start('the platform', process.execPath, ['--enable-source-maps', MAIN], {
    env: { ...THREADS, ...env, READY_FILE: readyFile },
    ...(log === undefined ? { stdio: ['ignore', process.stdout.isTTY ? 'pipe' : 'inherit', 'inherit'] } : { log }),
    rank: RANK.platform,
    graceMs: STOPS_WITHIN_MS,
    watched: false,
  });
  if (part.child.stdout) await showReadably(part.child.stdout);
  const deadline = performance.now() + STARTS_WITHIN_MS;
  while (!existsSync(readyFile)) {
    if (part.ended) throw new LaunchError(`The platform did not start (status ${part.ended.code}).${tailOf(log)}`);
    if (performance.now() > deadline) throw new LaunchError(`The platform was not ready within 60 s.${tailOf(log)}`);
    await delay(20);
  }
  const { api_url, operator_url } = JSON.parse(readFileSync(readyFile, 'utf8'));
  rmSync(readyFile);
  launcher.watch(part);
  return { api_url, operator_url };
}

/** Production: no part of ours, no readable log, no waiting; the program says itself what is missing. */
export async function runPlatformToItsEnd(launcher, env) {
  const part = launcher.start('the platform', process.execPath, ['--enable-source-maps', MAIN], {
    env: { ...THREADS, ...env },
    rank: RANK.platform,
    graceMs: STOPS_WITHIN_MS,
    watched: false,
  });
  const { code } = await part.exited;
  return code ?? 1;
}

async function showReadably(stream) {
  const { default: pretty } = await import('pino-pretty');
  stream.pipe(pretty({ colorize: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' }));
}

/** Runs one of the operator's commands on the terminal; answers its status. */
export function runCli(launcher, args, env) {
  return launcher.run('the command', process.execPath, ['--enable-source-maps', CLI, ...args], { env });
}

/** Brings the database to the program's version, if it is not there yet. Quiet, unless it fails. */
export async function migrate(launcher, { env, log }) {
  if (await isMigrated(env.DATABASE_URL)) return;
  say('Migrating the database');
  const status = await launcher.run('migrate', process.execPath, ['--enable-source-maps', CLI, 'migrate'], {
    env,
    log,
  });
  if (status !== 0) throw new LaunchError(`The migrations failed (status ${status}).${tailOf(log)}`);
}

/** Are exactly the migrations of this checkout applied? A look at their table is much quicker than the program's own. */
async function isMigrated(databaseUrl) {
  const folders = readdirSync(join(root, 'prisma/migrations'), { withFileTypes: true });
  const here = folders.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    const { rows } = await client.query(
      'SELECT migration_name, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY migration_name',
    );
    return (
      rows.length === here.length && rows.every((row, n) => row.migration_name === here[n] && row.finished_at !== null)
    );
  } catch (error) {
    if (error.code === UNDEFINED_TABLE) return false;
    throw new LaunchError(`The database of DATABASE_URL does not answer: ${error.message}`);
  } finally {
    await client.end();
  }
}

/**
 * Makes the demo tenant, or finds it, and connects its number to the sandbox: `{tenant_id, phone_number_id, token}`,
 * with `token` null unless a new one was asked for.
 */
export async function provision(launcher, { env, log, newToken }) {
  const args = [CLI, 'dev', 'provision', '--json', ...(newToken ? ['--new-token'] : [])];
  let printed = '';
  const part = launcher.start('provision', process.execPath, ['--enable-source-maps', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    watched: false,
  });
  part.child.stdout.setEncoding('utf8').on('data', (text) => (printed += text));
  const [{ code }] = await Promise.all([
    part.exited,
    new Promise((resolve) => part.child.stdout.once('close', resolve)),
  ]);
  if (code !== 0) throw new LaunchError(`The demo tenant could not be made (status ${code}).${tailOf(log)}`);
  return JSON.parse(printed.trimEnd().split('\n').at(-1));
}
