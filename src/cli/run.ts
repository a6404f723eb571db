import { type Command, CommanderError } from 'commander';
import { describeFailure, EXIT, UsageError } from './failure.js';
import { buildProgram } from './program.js';

/**
 * Runs one command; answers the exit status. A failure is one line on standard error; Ctrl-C ends the process at once
 * (every command changes the database in single transactions, so nothing is left half done).
 */
export async function runCommandLine(args: readonly string[], program: Command = buildProgram()): Promise<number> {
  withoutExit(program);
  try {
    if (args.length === 0) {
      program.outputHelp();
      return EXIT.ok;
    }
    await program.parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Commander has printed its own message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    process.stderr.write(`error: ${describeFailure(error)}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}

/** Commander shall throw instead of ending the process, in every subcommand. */
function withoutExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) withoutExit(child);
}
