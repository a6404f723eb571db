/** The embedded Postgres: initialised once, started on loopback, with a password of its own. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RANK, tailOf } from '../launcher.mjs';
import { commandOf, end, identify, processesIn } from '../processes.mjs';
import { LaunchError, say } from '../say.mjs';
import { takePort } from './ports.mjs';
import { postgresAccount, postgresBinaries } from './postgres-account.mjs';

const DEFAULT_PORT = 15432;
const DATABASE = 'rasl';

/** What every embedded server gets: loopback only (no socket file that two checkouts would share), UTC. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  work_mem: '8MB',
  max_wal_size: '1GB',
  random_page_cost: '1.1',
  timezone: 'UTC',
  log_timezone: 'UTC',
  jit: 'off',
};

/** For databases that are thrown away: nothing is lost when the machine stops, because nothing was to be kept. */
export const THROWAWAY = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Starts Postgres with its data in `folder`/postgres, initialised when there is none.
 * Answers `{url, adminUrl, binaries, account}`: `url` names the database `rasl`, `adminUrl` the database `postgres` of
 * the same superuser; `binaries` is the folder of `initdb` and `postgres`, `account` the uid and gid to run them with.
 */
export async function startPostgres(
  launcher,
  { folder, log, settings = {}, port: explicitPort, defaultPort = DEFAULT_PORT },
) {
  const account = postgresAccount();
  const binaries = postgresBinaries(account);
  const home = join(folder, 'postgres');
  const data = join(home, 'data');
  ownBy(account, home);
  if (!existsSync(data)) initialise({ home, data, binaries, account, durable: settings.fsync !== 'off' });
  refuseOtherVersion(data, binaries);
  await endForgottenServer(data);

  const port = await takePort('the embedded Postgres', defaultPort, explicitPort);
  const flags = Object.entries({ ...SETTINGS, ...settings, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const part = launcher.start('Postgres', join(binaries, 'postgres'), ['-D', data, ...flags], {
    ...account,
    cwd: home,
    env: environment(),
    log,
    rank: RANK.postgres,
    // "Fast shutdown": ends sessions and writes everything out. SIGTERM would wait for every client to leave.
    how: 'SIGINT',
    graceMs: 30_000,
    watched: false,
  });
  const password = readFileSync(join(home, 'password'), 'utf8').trim();
  const adminUrl = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
  await untilReady(part, adminUrl);
  launcher.watch(part);
  return { url: adminUrl.replace(/postgres$/, DATABASE), adminUrl, binaries, account, port };
}

function ownBy({ uid, gid }, folder) {
  mkdirSync(folder, { recursive: true });
  chmodSync(dirname(folder), 0o711);
  chmodSync(folder, 0o700);
  if (uid !== undefined) chownSync(folder, uid, gid);
}

/** In a folder that gets its name when it is complete: an interrupted start leaves nothing that looks like a cluster. */
function initialise({ home, data, binaries, account, durable }) {
  say('Initialising Postgres');
  const unfinished = `${data}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const password = join(home, 'password');
  writeFileSync(password, `${randomBytes(18).toString('hex')}\n`, { mode: 0o600 });
  if (account.uid !== undefined) chownSync(password, account.uid, account.gid);
  // Without these a machine without a locale gets SQL_ASCII: wrong lengths, and no trigrams for Arabic. Only glibc and
  // musl are sure to have C.UTF-8 among the system's own locales, which --locale names for messages and the like.
  const locale = process.platform === 'linux' ? ['--locale=C.UTF-8'] : ['--locale=C', '--builtin-locale=C.UTF-8'];
  const flags = ['--encoding=UTF8', '--locale-provider=builtin', ...locale, ...(durable ? [] : ['--no-sync'])];
  const access = ['--auth=scram-sha-256', '--username=postgres', `--pwfile=${password}`];
  const { status, error, stderr } = spawnSync(
    join(binaries, 'initdb'),
    [`--pgdata=${unfinished}`, ...access, ...flags],
    {
      ...account,
      cwd: home,
      env: environment(),
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new LaunchError(`initdb failed: ${error?.message ?? stderr}`);
  renameSync(unfinished, data);
}

/** PG… variables of the caller would point the server elsewhere; C: messages in English. */
function environment() {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
}

function refuseOtherVersion(data, binaries) {
  const made = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  const { stdout } = spawnSync(join(binaries, 'postgres'), ['--version'], { encoding: 'utf8' });
  const present = /\) (\d+)/.exec(stdout)?.[1];
  if (made === present) return;
  throw new LaunchError(
    `The data in ${data} are of PostgreSQL ${made}, the embedded one is ${present}. Move the folder away to begin anew.`,
  );
}

/**
 * A server of this very data folder that no record knows (its launcher was killed in the moment of starting it) is
 * stopped. If the server is gone, its lock file goes too: Postgres would believe it when the process id now belongs to
 * somebody else, or to a dead process that nobody has reaped. But not before the last of its sessions has ended.
 */
async function endForgottenServer(data) {
  const lock = join(data, 'postmaster.pid');
  if (!existsSync(lock)) return;
  const pid = Number(readFileSync(lock, 'utf8').split('\n')[0]);
  const command = commandOf(pid);
  if (command.includes(data) && command.includes('postgres')) {
    say(`Ending a Postgres of this checkout that an earlier run left behind (${pid})`);
    await end(identify(pid), { how: 'SIGINT', graceMs: 30_000 });
  }
  const deadline = performance.now() + 10_000;
  for (let left = processesIn(data); left.length > 0; left = processesIn(data)) {
    if (performance.now() > deadline)
      throw new LaunchError(`Processes still work in ${data}: ${left.join(', ')}. End them.`);
    await delay(50);
  }
  rmSync(lock, { force: true });
}

/** Postgres is ready when it answers; after a crash it first replays its log, which may take a while. */
async function untilReady(part, adminUrl) {
  const { default: pg } = await import('pg');
  const deadline = performance.now() + 120_000;
  for (;;) {
    const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 5000 });
    try {
      await client.connect();
      await ensureDatabase(client);
      return;
    } catch (error) {
      if (error.code === '28P01')
        throw new LaunchError('The embedded Postgres does not take its own password: somebody changed it.');
      if (!['ECONNREFUSED', 'ECONNRESET', '57P03'].includes(error.code) && !/terminated|timeout/i.test(error.message))
        throw error;
    } finally {
      await client.end().catch(ignoreClosed);
    }
    if (part.ended) throw new LaunchError(`Postgres did not start.${tailOf(part.log)}`);
    if (performance.now() > deadline)
      throw new LaunchError(`Postgres did not get ready within 120 s.${tailOf(part.log)}`);
    await delay(30);
  }
}

async function ensureDatabase(client) {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
}

/** A connection that never came up has nothing to close. */
function ignoreClosed() {}
