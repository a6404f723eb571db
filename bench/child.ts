import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

/** As production sets Node up (see the Dockerfile); for the floor, too. */
const NODE_SETTINGS = { UV_THREADPOOL_SIZE: '16' };

/** A process of the bench, whose memory can be read. Linux only: /proc tells it. */
export class Child {
  private readonly ended: Promise<number | null>;
  private errors = '';

  constructor(
    readonly name: string,
    private readonly process: ChildProcess,
  ) {
    process.stderr?.on('data', (chunk: Buffer) => (this.errors = (this.errors + chunk.toString()).slice(-20_000)));
    this.ended = new Promise((resolve) => process.once('close', resolve));
  }

  static start(name: string, script: string, env: NodeJS.ProcessEnv, args: string[] = []): Child {
    return new Child(
      name,
      spawn(process.execPath, [script, ...args], {
        env: { PATH: process.env.PATH, ...NODE_SETTINGS, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  }

  /** First line of its output that is JSON with this key. */
  async line<T>(key: string): Promise<T> {
    const { stdout } = this.process;
    if (!stdout) throw new Error(`${this.name} has no output`);
    const lines = createInterface({ input: stdout });
    for await (const text of lines) {
      if (text.startsWith(`{"${key}"`)) {
        stdout.resume();
        return JSON.parse(text) as T;
      }
    }
    throw new Error(`${this.name} ended without saying ${key}:\n${this.errors}`);
  }

  /** Waits until the file is written, as the platform does when it is ready. */
  async file<T>(path: string): Promise<T> {
    this.process.stdout?.resume();
    for (let tries = 0; tries < 3000; tries++) {
      if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T;
      if (this.process.exitCode !== null) break;
      await pause(20);
    }
    throw new Error(`${this.name} did not get ready:\n${this.errors}`);
  }

  /** Resident memory now, bytes. */
  memory(): number {
    return this.status('VmRSS');
  }

  /** Highest resident memory since the start, or since {@link resetPeak}, bytes. */
  peakMemory(): number {
    return this.status('VmHWM');
  }

  resetPeak(): void {
    writeFileSync(`/proc/${this.process.pid}/clear_refs`, '5');
  }

  /** Processor time it has used, seconds. */
  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.process.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async stop(): Promise<void> {
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 30_000);
    await this.ended;
    clearTimeout(timer);
  }

  /** kill -9, and waits. */
  async crash(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  private status(field: string): number {
    const text = readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
    return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(text)?.[1] ?? 0) * 1024;
  }
}
