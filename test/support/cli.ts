import { TestProcess } from './processes.js';
import { baseEnvironment } from './environment.js';

/** Runs one of the operator's commands as an operator would; answers what it printed. Fails when its status is not 0. */
export async function runCli(args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  const command = TestProcess.start(`cli ${args.join(' ')}`, process.execPath, ['dist/app/cli.js', ...args], {
    env: { ...baseEnvironment(), ...env },
  });
  const code = await command.exited;
  if (code !== 0) throw new Error(`cli ${args.join(' ')} ended with ${code}:\n${command.log}`);
  return command.log;
}
