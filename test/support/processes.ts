import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** A port that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

/** Whether somebody could listen there now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}

/** A process that a test started, with the end of its output kept for the case that it fails. */
export class TestProcess {
  private output = '';
  readonly exited: Promise<number | null>;
  private ended = false;

  private constructor(
    readonly name: string,
    readonly child: ChildProcess,
    logFile: string | undefined,
  ) {
    const keep = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-200_000);
      if (logFile !== undefined) appendFileSync(logFile, chunk);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    this.exited = new Promise((resolve) =>
      child.once('close', (code) => {
        this.ended = true;
        resolve(code);
      }),
    );
  }

  /** `log`: a file to which everything that it prints is added, for those who want more than the end of it. */
  static start(
    name: string,
    command: string,
    args: string[],
    { log, ...options }: { env: NodeJS.ProcessEnv; uid?: number; gid?: number; cwd?: string; log?: string },
  ): TestProcess {
    return new TestProcess(name, spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] }), log);
  }

  get log(): string {
    return this.output;
  }

  get hasEnded(): boolean {
    return this.ended;
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.ended) this.child.kill(signal);
  }

  /** Ends the process as an operator would, and waits for it; kill -9 when it does not listen. */
  async stop(withinMs = 15_000): Promise<number | null> {
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), withinMs);
    const code = await this.exited;
    clearTimeout(timer);
    return code;
  }

  /** kill -9, and waits until the process is gone. */
  async crash(): Promise<void> {
    this.kill('SIGKILL');
    await this.exited;
  }

  /** Resolves when `ready` answers something; rejects with the output when the process ends before. */
  async until<T>(ready: () => Promise<T | undefined> | T | undefined, withinMs = 60_000): Promise<T> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const value = await ready();
      if (value !== undefined) return value;
      if (this.ended) throw new Error(`${this.name} ended before it was ready:\n${this.output}`);
      if (Date.now() > deadline) throw new Error(`${this.name} was not ready in time:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
