import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { createDatabase, dropDatabase } from './database.js';
import { PlatformProcess } from './platform-process.js';
import { SandboxProcess } from './sandbox-process.js';
import { SandboxControl } from './sandbox-control.js';

export interface InstallationOptions {
  redisUrl: string;
  /** Settings of API and worker that differ from the defaults. */
  env?: NodeJS.ProcessEnv;
  workers?: number;
}

/** A whole platform for tests: database, sandbox, API and workers, each a process of its own. */
export class Installation {
  private constructor(
    readonly database: { name: string; url: string },
    readonly redis: { url: string; prefix: string },
    readonly mediaDir: string,
    readonly sandbox: SandboxProcess,
    readonly control: SandboxControl,
    readonly api: PlatformProcess,
    readonly workers: PlatformProcess[],
  ) {}

  static async start(options: InstallationOptions): Promise<Installation> {
    const [database, sandbox, mediaDir] = await Promise.all([
      createDatabase(),
      SandboxProcess.start(),
      mkdtemp(join(tmpdir(), 'rasl-media-')),
    ]);
    const control = new SandboxControl(sandbox.url);
    const { app_secret: appSecret, app_id: appId } = await control.defaults();
    const redis = { url: options.redisUrl, prefix: `t${randomBytes(5).toString('hex')}` };
    const shared = {
      databaseUrl: database.url,
      redisUrl: redis.url,
      redisPrefix: redis.prefix,
      sandboxUrl: sandbox.url,
      appSecret,
      mediaDir,
      env: options.env,
    };
    const api = await PlatformProcess.start({ ...shared, role: 'api' });
    const workers = await Promise.all(
      Array.from({ length: options.workers ?? 1 }, () =>
        PlatformProcess.start({ ...shared, role: 'worker', env: { PUBLIC_URL: api.apiUrl, ...options.env } }),
      ),
    );
    await control.setCallback(appId, `${api.apiUrl}/api/v2/whatsapp/webhook`);
    return new Installation(database, redis, mediaDir, sandbox, control, api, workers);
  }

  async stop(): Promise<void> {
    await Promise.all([this.api, ...this.workers].map((platform) => platform.stop()));
    await this.sandbox.stop();
    await dropDatabase(this.database.name);
    await rm(this.mediaDir, { recursive: true, force: true });
  }
}
