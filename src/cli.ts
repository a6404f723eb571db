import 'reflect-metadata';
import { runCommandLine } from './cli/run.js';

// `… | head` closes our output before we are done; that is no failure of the command.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await runCommandLine(process.argv.slice(2));
