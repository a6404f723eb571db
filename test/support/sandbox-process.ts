import { baseEnvironment } from './environment.js';
import { TestProcess } from './processes.js';

/** The sandbox as a process of its own. */
export class SandboxProcess {
  private constructor(
    private readonly process: TestProcess,
    readonly url: string,
  ) {}

  /** `log`: a file for what it prints. */
  static async start(env: NodeJS.ProcessEnv = {}, log?: string): Promise<SandboxProcess> {
    const child = TestProcess.start('sandbox', process.execPath, ['dist/sandbox/main.js'], {
      env: { ...baseEnvironment(), SANDBOX_PORT: '0', ...env },
      log,
    });
    const url = await child.until(() => {
      const line = child.log.split('\n').find((text) => text.startsWith('{"sandbox_url"'));
      return line === undefined ? undefined : (JSON.parse(line) as { sandbox_url: string }).sandbox_url;
    });
    return new SandboxProcess(child, url);
  }

  get pid(): number | undefined {
    return this.process.child.pid;
  }

  get log(): string {
    return this.process.log;
  }

  stop(): Promise<number | null> {
    return this.process.stop();
  }

  /** kill -9, and waits. */
  crash(): Promise<void> {
    return this.process.crash();
  }
}
