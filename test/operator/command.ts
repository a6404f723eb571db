import { spawn } from 'node:child_process';
import { runCommandLine } from '../../src/cli/run.js';
import { baseEnvironment } from '../support/environment.js';

/** What a command printed, and its exit status. */
export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs one of the operator's commands as a process, whatever its status; `input` is its standard input. */
export async function commandProcess(args: string[], env: NodeJS.ProcessEnv, input = ''): Promise<CommandResult> {
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

let before: Promise<unknown> = Promise.resolve();

/**
 * Runs a command in this process, which saves the second that a new one takes: with its own environment, and with what
 * it writes to standard output and error kept. One after the other, since both belong to the whole process.
 */
export function command(args: string[], env: NodeJS.ProcessEnv): Promise<CommandResult> {
  const result = before.then(() => runHere(args, env));
  before = result.catch(() => undefined);
  return result;
}

async function runHere(args: string[], env: NodeJS.ProcessEnv): Promise<CommandResult> {
  const written = { stdout: '', stderr: '' };
  const { env: outer } = process;
  const toStdout = process.stdout.write.bind(process.stdout);
  const toStderr = process.stderr.write.bind(process.stderr);
  const keep = (name: keyof typeof written) => (chunk: string | Uint8Array) => {
    written[name] += String(chunk);
    return true;
  };
  process.env = { ...baseEnvironment(), ...env };
  process.stdout.write = keep('stdout');
  process.stderr.write = keep('stderr');
  try {
    const code = await runCommandLine(args);
    return { code, ...written };
  } finally {
    process.env = outer;
    process.stdout.write = toStdout;
    process.stderr.write = toStderr;
  }
}

/** Runs a command with `--json` that must succeed; answers its JSON. */
export async function commandJson<T>(args: string[], env: NodeJS.ProcessEnv): Promise<T> {
  const { code, stdout, stderr } = await command([...args, '--json'], env);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as T;
}
