import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort, TestProcess } from './processes.js';

/**
 * Nothing waits for the disk: only processes are killed here, never the machine, and what a process has written stays
 * in the system's cache. But `synchronous_commit` stays on: without it a commit is answered before it is written at
 * all, and a kill -9 would lose it through no fault of the platform.
 */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '300',
  shared_buffers: '64MB',
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  jit: 'off',
};

/** What every process of a server gets: no PG… variable of the caller, messages in English. */
const ENVIRONMENT = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };

/** A data folder of a server that does not run; servers start from copies of it. */
export interface PostgresTemplate {
  readonly data: string;
  readonly password: string;
}

/** A Postgres of a test's own, to be killed and frozen with all its processes. What was committed is kept. */
export class PostgresProcess {
  private process: TestProcess | undefined;

  private constructor(
    private readonly port: number,
    private readonly data: string,
    private readonly password: string,
    private readonly log: string | undefined,
  ) {}

  /** A new, empty server with its files in `folder`, which every user must be able to enter. */
  static async create(folder: string): Promise<PostgresProcess> {
    const password = randomBytes(18).toString('hex');
    const passwordFile = join(folder, 'password');
    const data = join(folder, 'postgres');
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(passwordFile, password, { mode: 0o600 });
    own(data, passwordFile);
    const { status, stderr, error } = spawnSync(
      join(binaries(), 'initdb'),
      [
        `--pgdata=${data}`,
        `--pwfile=${passwordFile}`,
        '--username=postgres',
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--locale=C.UTF-8',
        '--no-sync',
      ],
      { ...account(), cwd: folder, env: ENVIRONMENT, encoding: 'utf8' },
    );
    rmSync(passwordFile);
    if (status !== 0) throw new Error(`initdb failed: ${error?.message ?? stderr}`);
    const postgres = new PostgresProcess(await freePort(), data, password, undefined);
    await postgres.start();
    return postgres;
  }

  /** A server on a copy of the template, with its files in `folder`. `log`: a file for what it prints. */
  static async copyOf(template: PostgresTemplate, folder: string, log?: string): Promise<PostgresProcess> {
    const data = join(folder, 'postgres');
    cpSync(template.data, data, { recursive: true });
    chmodSync(data, 0o700);
    own(data, ...readdirSync(data, { recursive: true, encoding: 'utf8' }).map((name) => join(data, name)));
    const postgres = new PostgresProcess(await freePort(), data, template.password, log);
    await postgres.start();
    return postgres;
  }

  /** URL of one of its databases, for its superuser. */
  url(database: string): string {
    return `postgresql://postgres:${this.password}@127.0.0.1:${this.port}/${database}`;
  }

  /** Starts it, after a crash too, and waits until it answers. */
  async start(): Promise<void> {
    // Of a server that was killed. Its process id may be somebody else's by now, and Postgres would believe it.
    rmSync(join(this.data, 'postmaster.pid'), { force: true });
    const settings = Object.entries({ ...SETTINGS, port: String(this.port) });
    const started = TestProcess.start(
      'postgres',
      join(binaries(), 'postgres'),
      ['-D', this.data, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { ...account(), cwd: this.data, env: ENVIRONMENT, log: this.log },
    );
    this.process = started;
    await started.until(async () => {
      const client = new pg.Client({ connectionString: this.url('postgres'), connectionTimeoutMillis: 2000 });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return true;
      } catch {
        // Not listening yet, or still replaying its log.
        return undefined;
      } finally {
        await client.end().catch(() => undefined);
      }
    });
  }

  /** SIGSTOP to all its processes: connections stay open, and nothing answers. */
  freeze(): void {
    this.signalAll('SIGSTOP');
  }

  /** SIGCONT to all its processes. */
  thaw(): void {
    this.signalAll('SIGCONT');
  }

  /** kill -9 to all its processes at once, as a machine's memory killer or a lost power supply would do. */
  async crash(): Promise<void> {
    const children = this.signalAll('SIGKILL');
    await this.process?.exited;
    // They die in their own time, and must be gone before the next server touches the files.
    while (children.some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Ends it ("fast shutdown") and answers its data folder for copies; nothing may be connected any more. */
  async stop(): Promise<PostgresTemplate> {
    this.thaw();
    this.process?.kill('SIGINT');
    await this.process?.exited;
    return { data: this.data, password: this.password };
  }

  /** What it printed. */
  get output(): string {
    return this.process?.log ?? '';
  }

  /**
   * The first one is stopped before anything else, so that it starts no other meanwhile and does not answer the death of
   * a child by a restart. Answers the children.
   */
  private signalAll(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): number[] {
    const server = this.process;
    const pid = server?.child.pid;
    if (!server || pid === undefined || server.hasEnded) return [];
    if (signal !== 'SIGCONT') server.kill('SIGSTOP');
    const children = childrenOf(pid);
    for (const child of children) send(child, signal);
    if (signal !== 'SIGSTOP') server.kill(signal);
    return children;
  }
}

/** Children of a process, by /proc: Linux only, as the tests' kill and freeze are. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => statOf(pid)?.[1] === String(parent));
}

function isRunning(pid: number): boolean {
  const state = statOf(pid)?.[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** Fields of proc(5) `stat` from the third on (state, parent, …); undefined when there is no such process. */
function statOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has just ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function binaries(): string {
  const folder = process.env.TEST_POSTGRES_BIN;
  if (!folder) throw new Error('TEST_POSTGRES_BIN is not set: run this by "npm test" or "npm run chaos"');
  return folder;
}

/** Postgres refuses to run as root: then it runs as the account that the launcher names. */
function account(): { uid?: number; gid?: number } {
  const { TEST_POSTGRES_UID, TEST_POSTGRES_GID } = process.env;
  if (!TEST_POSTGRES_UID || !TEST_POSTGRES_GID) return {};
  return { uid: Number(TEST_POSTGRES_UID), gid: Number(TEST_POSTGRES_GID) };
}

function own(...paths: string[]): void {
  const { uid, gid } = account();
  if (uid === undefined || gid === undefined) return;
  for (const path of paths) chownSync(path, uid, gid);
}
