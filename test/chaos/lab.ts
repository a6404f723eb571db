import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { ApiClient } from '../support/api-client.js';
import { TEST_SECRETS } from '../support/environment.js';
import { PlatformProcess } from '../support/platform-process.js';
import { PostgresProcess } from '../support/postgres-process.js';
import { RedisProcess } from '../support/redis-process.js';
import { SandboxControl } from '../support/sandbox-control.js';
import { SandboxProcess } from '../support/sandbox-process.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { faultNamed } from './faults.js';
import { APIS, WORKERS, type Plan } from './plan.js';
import { type ChaosTemplate, databaseUrl, makeAccounts, type TemplateTenant } from './template.js';

/** After so long without a word the tenant's policy settles an unknown outcome, seconds. */
export const UNKNOWN_SETTLE_S = 5;

/** What a number may send to one recipient: so many at once, then one in this time. Short, so that runs meet it. */
export const PAIR = { burst: 8, intervalMs: 500 } as const;

/** Times that are minutes in production, as short as a run needs them; long enough for a busy machine. */
const SHORT_TIMES = {
  WHATSAPP_TIMEOUT_MS: '2500',
  RELEASE_LEASE_S: '2',
  CLAIM_LEASE_S: '3',
  SUBMIT_LEASE_S: '4',
  UNKNOWN_SETTLE_S: String(UNKNOWN_SETTLE_S),
  UNKNOWN_SETTLE_MAX_S: '15',
  PAIR_BURST: String(PAIR.burst),
  PAIR_INTERVAL_MS: String(PAIR.intervalMs),
  SEND_WAIT_MS: '1000',
  SHUTDOWN_TIMEOUT_S: '10',
};
const STATUS_DELAYS = 'sent=50,delivered=200,read=500';
const SMALL_DISK = '4m';

type Server = 'postgres' | 'redis' | 'sandbox';

/** Everything that one run needs, each a process of its own, made to be hurt. */
export class ChaosLab {
  readonly proxies: Partial<Record<Server, TcpProxy>> = {};
  /** When an API or a worker was last killed, Unix milliseconds; what it left behind is not a leak. */
  lastKillAt = 0;
  private readonly turns = new Map<string, Promise<void>>();
  private ended = false;
  private readonly killed = new Set<PlatformProcess>();

  private constructor(
    readonly plan: Plan,
    readonly folder: string,
    readonly postgres: PostgresProcess,
    readonly redis: RedisProcess,
    readonly sandbox: SandboxProcess,
    readonly control: SandboxControl,
    readonly tenants: TemplateTenant[],
    readonly database: pg.Pool,
    readonly mediaDir: string,
    private readonly mounted: boolean,
  ) {}

  readonly apis: PlatformProcess[] = [];
  readonly workers: PlatformProcess[] = [];

  /** Starts it all in `folder` (made here), with what the plan's faults need. Logs go to `folder`/logs. */
  static async start(plan: Plan, template: ChaosTemplate, folder: string): Promise<ChaosLab> {
    const logs = join(folder, 'logs');
    const mediaDir = join(folder, 'media');
    for (const path of [folder, logs, mediaDir]) mkdirSync(path, { mode: 0o711 });
    const needs = plan.faults.map(({ name }) => faultNamed(name));
    const mounted = needs.some(({ smallDisk }) => smallDisk) && mayMount();
    if (mounted) execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK}`, 'tmpfs', mediaDir]);
    const [postgres, redis, sandbox] = await Promise.all([
      PostgresProcess.copyOf(template.postgres, folder, join(logs, 'postgres.log')),
      RedisProcess.start({ log: join(logs, 'redis.log') }),
      SandboxProcess.start(
        { SANDBOX_SEED: String(plan.seed), SANDBOX_DELAYS: STATUS_DELAYS },
        join(logs, 'sandbox.log'),
      ),
    ]);
    const database = new pg.Pool({ connectionString: databaseUrl(postgres), max: 2, connectionTimeoutMillis: 5000 });
    // Postgres is killed; whoever asks next gets a new connection.
    database.on('error', () => undefined);
    const control = new SandboxControl(sandbox.url);
    const lab = new ChaosLab(
      plan,
      folder,
      postgres,
      redis,
      sandbox,
      control,
      template.tenants,
      database,
      mediaDir,
      mounted,
    );
    try {
      const targets = { postgres: databaseUrl(postgres), redis: redis.url, sandbox: sandbox.url };
      for (const { proxy } of needs) if (proxy) lab.proxies[proxy] ??= await TcpProxy.before(targets[proxy]);
      await lab.prepareTenants();
      await lab.startPlatform(targets, logs);
      await lab.subscribe();
    } catch (error) {
      await lab.end();
      throw error;
    }
    return lab;
  }

  get logs(): string {
    return join(this.folder, 'logs');
  }

  /** Why a fault of the plan cannot strike here; undefined when it can. */
  leftOut(fault: Plan['faults'][number]): string | undefined {
    if (!faultNamed(fault.name).smallDisk || this.mounted) return undefined;
    return `${fault.name} left out: no file system can be mounted here`;
  }

  /** The API's client of a tenant, at one of the API processes. */
  client(tenant: number, api: number): ApiClient {
    return new ApiClient(this.apis[api % this.apis.length]?.apiUrl ?? '', this.tenants[tenant]?.token ?? '');
  }

  async rows<T extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.database.query<T>(text, values)).rows;
  }

  /** kill -9 of these at once, and their start after a while. */
  async killPlatforms(platforms: PlatformProcess[], awayMs: number): Promise<void> {
    await Promise.all(
      platforms.map((platform) =>
        this.alone(String(platform.pid), async () => {
          this.killed.add(platform);
          await platform.crash();
          this.lastKillAt = Date.now();
          await pause(awayMs);
          // It cannot start without Postgres, and would end: whoever supervises it starts it again.
          while (!this.ended) {
            await platform.begin();
            try {
              await platform.ready();
              break;
            } catch (error) {
              if (!platform.hasEnded) throw error;
              await pause(300);
            }
          }
          this.killed.delete(platform);
        }),
      ),
    );
  }

  /** Two faults of the same server take turns: the second begins when the first is over. */
  alone(server: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.turns.get(server) ?? Promise.resolve()).then(work);
    this.turns.set(
      server,
      turn.catch(() => undefined),
    );
    return turn;
  }

  async fillDisk(): Promise<void> {
    const filler = await open(join(this.mediaDir, 'filler'), 'w');
    try {
      for (const size of [65_536, 4096, 1]) {
        const piece = Buffer.alloc(size);
        while (await wasWritten(filler.write(piece)));
      }
    } finally {
      await filler.close();
    }
  }

  async emptyDisk(): Promise<void> {
    rmSync(join(this.mediaDir, 'filler'), { force: true });
  }

  /** Processes of the platform that ended by themselves. */
  get fallen(): string[] {
    const named = [
      ...this.apis.map((api, index) => [`api ${index + 1}`, api] as const),
      ...this.workers.map((worker, index) => [`worker ${index + 1}`, worker] as const),
    ];
    return named.filter(([, platform]) => platform.hasEnded && !this.killed.has(platform)).map(([name]) => name);
  }

  /** Stops the platform as an operator would; answers the processes that did not end well. */
  async stopPlatform(): Promise<string[]> {
    const all = [...this.workers, ...this.apis];
    const codes = await Promise.all(all.map((platform) => platform.stop()));
    return codes.flatMap((code, index) =>
      code === 0 ? [] : [`${index < this.workers.length ? 'a worker' : 'an API process'} ended with ${String(code)}`],
    );
  }

  /** kill -9 of everything that is left, and away with its files except the logs. */
  async end(): Promise<void> {
    this.ended = true;
    for (const platform of [...this.apis, ...this.workers]) platform.signal('SIGKILL');
    await this.database.end().catch(() => undefined);
    await Promise.all([this.postgres.crash(), this.redis.crash(), this.sandbox.crash()]);
    await Promise.all(Object.values(this.proxies).map((proxy) => proxy.close()));
    await this.redis.stop();
    if (this.mounted) execFileSync('umount', [this.mediaDir]);
    for (const name of ['postgres', 'media']) rmSync(join(this.folder, name), { recursive: true, force: true });
  }

  private async prepareTenants(): Promise<void> {
    await makeAccounts(this.control);
    const { duplicate, reorder } = this.plan.webhooks;
    for (const [index, { tenantId, phoneNumberId }] of this.tenants.entries()) {
      await this.rows('UPDATE tenants SET unknown_policy = $2 WHERE id = $1', [tenantId, this.plan.policies[index]]);
      await this.control.changeNumber(phoneNumberId, { behaviour: { duplicate, reorder } });
    }
    // What WhatsApp says of its rates is read every hour; these two stay as the run wants them.
    await this.rows('UPDATE phone_numbers SET polled_at = now()');
  }

  private async startPlatform(targets: Record<Server, string>, logs: string): Promise<void> {
    const { app_secret: appSecret } = await this.control.defaults();
    const start = async (role: 'api' | 'worker', index: number, env: NodeJS.ProcessEnv): Promise<PlatformProcess> =>
      PlatformProcess.start({
        role,
        databaseUrl: this.proxies.postgres?.url ?? targets.postgres,
        redisUrl: this.proxies.redis?.url.replace(/\/$/, '') ?? targets.redis,
        redisPrefix: 'chaos',
        sandboxUrl: this.proxies.sandbox?.url.replace(/\/$/, '') ?? targets.sandbox,
        appSecret,
        mediaDir: this.mediaDir,
        env: { ...SHORT_TIMES, LOG_LEVEL: 'info', MEDIA_DELIVERY: this.plan.mediaDelivery, ...env },
        log: join(logs, `${role}-${index + 1}.log`),
      });
    await startAll(
      this.apis,
      Array.from({ length: APIS }, (_, index) => start('api', index, {})),
    );
    // Links are served by one of the API processes.
    const PUBLIC_URL = this.apis[0]?.apiUrl;
    const workers = Array.from({ length: WORKERS }, (_, index) => {
      const shift = this.plan.clocks[index] ?? 0;
      const clock = { NODE_OPTIONS: '--import ./test/support/shifted-clock.mjs', CLOCK_SHIFT_MS: String(shift) };
      return start('worker', index, { PUBLIC_URL, ...(shift === 0 ? {} : clock) });
    });
    await startAll(this.workers, workers);
  }

  /** Each account has its webhooks sent to another API process. */
  private async subscribe(): Promise<void> {
    for (const [index, { wabaId, accessToken }] of this.tenants.entries()) {
      const callback = `${this.apis[index % this.apis.length]?.apiUrl ?? ''}/api/v2/whatsapp/webhook`;
      const response = await fetch(`${this.sandbox.url}/v26.0/${wabaId}/subscribed_apps`, {
        method: 'POST',
        headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ override_callback_uri: callback, verify_token: TEST_SECRETS.WHATSAPP_VERIFY_TOKEN }),
      });
      if (!response.ok) throw new Error(`the account was not subscribed: ${await response.text()}`);
    }
  }
}

/** Keeps those that start, so that they can be ended, also when another one does not. */
async function startAll(kept: PlatformProcess[], starting: Promise<PlatformProcess>[]): Promise<void> {
  const results = await Promise.allSettled(starting);
  kept.push(...results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
  await Promise.all(starting);
}

/** Whether a file system may be mounted: the launcher has made a space for mounts that ends with this process. */
export function mayMount(): boolean {
  return process.env.CHAOS_MAY_MOUNT === '1';
}

async function wasWritten(writing: Promise<{ bytesWritten: number }>): Promise<boolean> {
  try {
    return (await writing).bytesWritten > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
