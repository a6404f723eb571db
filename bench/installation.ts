import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { Child } from './child.js';

const run = promisify(execFile);
const SECRETS = {
  ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
  WHATSAPP_VERIFY_TOKEN: 'bench-verify-token',
};

/** As compose.yaml gives it to workers. */
const WORKER_MEMORY = { NODE_OPTIONS: '--max-semi-space-size=64' };

/** Messages a second that WhatsApp allows the number of the bench. */
export const NUMBER_RATE = 1000;

let installations = 0;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

/** Who sends: a tenant's token, and the number it sends from. */
export interface BenchTenant {
  token: string;
  wabaId: string;
  phoneNumberId: string;
}

/** Platform, sandbox and one tenant for the bench, made by the operator's own commands. */
export class BenchInstallation {
  private constructor(
    private readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
    readonly apiUrl: string,
    readonly sandboxUrl: string,
    readonly sandbox: Child,
    readonly database: pg.Pool,
  ) {}

  /** Its tenant's token, and the number it sends from. */
  token = '';
  wabaId = '';
  phoneNumberId = '';

  /** @param rate messages a second that WhatsApp allows its number */
  static async create(
    folder: string,
    adminUrl: string,
    redisUrl: string,
    rate = NUMBER_RATE,
  ): Promise<BenchInstallation> {
    const admin = new pg.Client({ connectionString: adminUrl });
    await admin.connect();
    const name = `bench_${process.pid}_${++installations}`;
    await admin.query(`CREATE DATABASE ${name}`);
    await admin.end();
    const databaseUrl = new URL(adminUrl);
    databaseUrl.pathname = `/${name}`;

    const sandbox = Child.start('sandbox', 'dist/sandbox/main.js', { SANDBOX_PORT: '0' });
    const { sandbox_url: sandboxUrl } = await sandbox.line<{ sandbox_url: string }>('sandbox_url');
    const defaults = await control<{ app_id: string; app_secret: string }>(sandboxUrl, 'GET', '/defaults');
    const port = await freePort();
    const apiUrl = `http://127.0.0.1:${port}`;
    const env = {
      ...SECRETS,
      NODE_ENV: 'production',
      LOG_LEVEL: 'info',
      PORT: String(port),
      PUBLIC_URL: apiUrl,
      DATABASE_URL: databaseUrl.toString(),
      REDIS_URL: redisUrl,
      REDIS_PREFIX: name,
      WHATSAPP_API_BASE_URL: sandboxUrl,
      WHATSAPP_APP_SECRET: defaults.app_secret,
      MEDIA_DIR: join(folder, 'media'),
      // The figures write to few recipients; the sandbox's limit of pairs is open, too.
      PAIR_BURST: '100000',
      PAIR_INTERVAL_MS: '1',
    };
    const database = new pg.Pool({ connectionString: databaseUrl.toString(), max: 2 });
    const installation = new BenchInstallation(folder, env, apiUrl, sandboxUrl, sandbox, database);
    await installation.cli('migrate');
    installation.appId = defaults.app_id;
    const { token, wabaId, phoneNumberId } = await installation.addTenant('bench', rate);
    installation.token = token;
    installation.wabaId = wabaId;
    installation.phoneNumberId = phoneNumberId;
    await control(sandboxUrl, 'POST', '/record', { bodies: false });
    return installation;
  }

  /** Signs the webhooks of the platform's app. */
  get appSecret(): string {
    return this.env.WHATSAPP_APP_SECRET ?? '';
  }

  /** Starts the API or a worker and waits until it is ready. */
  async start(role: 'api' | 'worker', env: NodeJS.ProcessEnv = {}): Promise<Child> {
    const ready = join(mkdtempSync(join(this.folder, `${role}-`)), 'ready.json');
    const child = Child.start(role, 'dist/app/main.js', {
      ...this.env,
      ROLE: role,
      ...(role === 'worker' ? WORKER_MEMORY : {}),
      OPERATOR_PORT: String(await freePort()),
      READY_FILE: ready,
      ...env,
    });
    this.children.push(child);
    await child.file(ready);
    return child;
  }

  /** Lets the sandbox call our webhook, now that the API is there. */
  async subscribe(appId: string): Promise<void> {
    await control(this.sandboxUrl, 'PUT', `/apps/${appId}/callback`, {
      callback_url: `${this.apiUrl}/api/v2/whatsapp/webhook`,
      verify_token: SECRETS.WHATSAPP_VERIFY_TOKEN,
      handshake: true,
    });
  }

  async count(status: string[]): Promise<number> {
    const { rows } = await this.database.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM messages WHERE direction = 'outbound' AND status = ANY ($1)",
      [status],
    );
    return rows[0]?.n ?? 0;
  }

  /** Keeps what was only measured on its way in out of the figures that follow. */
  async cancelQueued(): Promise<void> {
    await this.database.query("UPDATE messages SET status = 'cancelled', next_at = NULL WHERE status = 'queued'");
  }

  async stop(): Promise<void> {
    // What a figure that failed has left running.
    await Promise.all(this.children.map((child) => child.stop()));
    await this.database.end();
    await this.sandbox.stop();
  }

  appId = '';
  private readonly children: Child[] = [];

  /** One more tenant with a token and a number, by the operator's own commands. */
  async addTenant(subdomain: string, rate = NUMBER_RATE): Promise<BenchTenant> {
    const account = await control<{
      waba_id: string;
      access_token: string;
      phone_numbers: { phone_number_id: string }[];
    }>(this.sandboxUrl, 'POST', '/accounts', {
      app_id: this.appId,
      subscribed: true,
      phone_numbers: [{ throughput: rate, enforce_window: false, pair_limit: { burst: 100_000, interval_s: 0.001 } }],
    });
    const phoneNumberId = account.phone_numbers[0]?.phone_number_id ?? '';
    const defaults = ['--default-source', 'API', '--default-status', 'New', '--default-assignee', 'Nour'];
    const names = ['--name', 'Bench', '--subdomain', subdomain];
    const { id } = await this.cliJson<{ id: number }>('tenant', 'create', ...names, ...defaults);
    const tenant = ['--tenant', String(id)];
    const rights = ['--name', 'bench', '--scopes', '*', '--rate-limit', '1000000'];
    const { token } = await this.cliJson<{ token: string }>('token', 'create', ...tenant, ...rights);
    const number = ['--waba', account.waba_id, '--phone-number-id', phoneNumberId, '--default'];
    await this.cli('whatsapp', 'connect', ...tenant, ...number, { WHATSAPP_ACCESS_TOKEN: account.access_token });
    return { token, wabaId: account.waba_id, phoneNumberId };
  }

  /** One of the operator's commands. */
  async cli(...args: (string | NodeJS.ProcessEnv)[]): Promise<string> {
    const words = args.filter((arg) => typeof arg === 'string');
    const env = args.find((arg) => typeof arg !== 'string') ?? {};
    const { stdout } = await run(process.execPath, ['dist/app/cli.js', ...words], {
      env: { PATH: process.env.PATH, ...this.env, ...env },
    });
    return stdout;
  }

  private async cliJson<T>(...args: string[]): Promise<T> {
    return JSON.parse((await this.cli(...args, '--json')).trim().split('\n').at(-1) ?? '') as T;
  }
}

/** The sandbox's control API. */
export async function control<T = object>(sandboxUrl: string, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${sandboxUrl}/control${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`sandbox ${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
