import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort, TestProcess } from './processes.js';

/** A Redis of a test's own, to be killed and started empty. No key of it is kept on disk. */
export class RedisProcess {
  private process: TestProcess;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly args: string[],
    private readonly log: string | undefined,
  ) {}

  /**
   * @param options.args of redis-server, beside those that keep it on loopback and off the disk
   * @param options.log a file for what it prints
   */
  static async start(options: { port?: number; args?: string[]; log?: string } = {}): Promise<RedisProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'rasl-redis-'));
    const redis = new RedisProcess(options.port ?? (await freePort()), folder, options.args ?? [], options.log);
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it empty, and waits until it answers. */
  async start(): Promise<void> {
    const server = process.env.TEST_REDIS_SERVER;
    if (!server) throw new Error('TEST_REDIS_SERVER is not set: run the end-to-end tests by "npm test"');
    this.process = TestProcess.start(
      'redis',
      server,
      [
        ...['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder],
        ...['--save', '', '--appendonly', 'no'],
        ...this.args,
      ],
      { env: { PATH: process.env.PATH }, log: this.log },
    );
    const client = new Redis(this.url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
    client.on('error', () => undefined);
    await this.process.until(async () => {
      try {
        if (client.status !== 'ready') await client.connect();
        return (await client.ping()) === 'PONG' ? true : undefined;
      } catch {
        // Not listening yet.
        return undefined;
      }
    });
    client.disconnect();
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** kill -9: everything in it is gone. */
  crash(): Promise<void> {
    return this.process.crash();
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
