import { spawn } from 'node:child_process';
import { baseEnvironment } from '../support/environment.js';

/** What a command printed, and its exit status. */
export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs one of the operator's commands, whatever its status; `input` is its standard input. */
export async function command(args: string[], env: NodeJS.ProcessEnv, input = ''): Promise<CommandResult> {
  const child = spawn(process.execPath, ['dist/app/cli.js', ...args], {
    env: { ...baseEnvironment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  // A command that reads nothing may be gone before its input is written.
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}

/** Runs a command with `--json` that must succeed; answers its JSON. */
export async function commandJson<T>(args: string[], env: NodeJS.ProcessEnv, input?: string): Promise<T> {
  const { code, stdout, stderr } = await command([...args, '--json'], env, input);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as T;
}
