import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { baseEnvironment } from './environment.js';
import { freePort, TestProcess } from './processes.js';
import { redisEnvironment } from './redis-environment.js';

export interface PlatformOptions {
  role: 'all' | 'api' | 'worker';
  databaseUrl: string;
  redisUrl: string;
  redisPrefix: string;
  sandboxUrl: string;
  appSecret: string;
  mediaDir: string;
  /** Settings that differ for this test. */
  env?: NodeJS.ProcessEnv;
  /** A file for what it prints. */
  log?: string;
}

/** The platform in one role, as a process of its own that a test can kill and start again on the same ports. */
export class PlatformProcess {
  private process: TestProcess;
  apiUrl = '';
  operatorUrl = '';

  private constructor(
    private readonly options: PlatformOptions,
    private readonly ports: { api: number; operator: number },
    private readonly readyFile: string,
  ) {}

  static async start(options: PlatformOptions): Promise<PlatformProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'rasl-test-'));
    const platform = new PlatformProcess(
      options,
      { api: await freePort(), operator: await freePort() },
      join(folder, 'ready.json'),
    );
    await platform.start();
    return platform;
  }

  /** Starts it, or starts it again, and waits until it is ready. */
  async start(): Promise<void> {
    await this.begin();
    await this.ready();
  }

  /** Starts it without waiting. */
  async begin(): Promise<void> {
    rmSync(this.readyFile, { force: true });
    const { options } = this;
    const publicUrl = `http://127.0.0.1:${this.ports.api}`;
    // Without source maps: reading them takes a fifth of a second of each start, and CI makes hundreds.
    this.process = TestProcess.start(options.role, process.execPath, ['dist/app/main.js'], {
      env: {
        ...baseEnvironment(),
        ROLE: options.role,
        PORT: String(this.ports.api),
        OPERATOR_PORT: String(this.ports.operator),
        PUBLIC_URL: publicUrl,
        DATABASE_URL: options.databaseUrl,
        ...redisEnvironment(options.redisUrl),
        REDIS_PREFIX: options.redisPrefix,
        WHATSAPP_API_BASE_URL: options.sandboxUrl,
        WHATSAPP_APP_SECRET: options.appSecret,
        MEDIA_DIR: options.mediaDir,
        READY_FILE: this.readyFile,
        ...options.env,
      },
      log: options.log,
    });
    this.apiUrl = publicUrl;
    this.operatorUrl = `http://127.0.0.1:${this.ports.operator}`;
  }

  async ready(): Promise<void> {
    await this.process.until(() => {
      if (!existsSync(this.readyFile)) return undefined;
      return JSON.parse(readFileSync(this.readyFile, 'utf8')) as object;
    });
  }

  get pid(): number | undefined {
    return this.process.child.pid;
  }

  get log(): string {
    return this.process.log;
  }

  get hasEnded(): boolean {
    return this.process.hasEnded;
  }

  get exited(): Promise<number | null> {
    return this.process.exited;
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** SIGTERM, and waits. */
  stop(): Promise<number | null> {
    return this.process.stop();
  }

  /** kill -9, and waits. */
  crash(): Promise<void> {
    return this.process.crash();
  }
}
