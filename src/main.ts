import 'reflect-metadata';
import { readSettings, type Settings, SettingsError } from './platform/config/settings.js';
import { Log } from './platform/logging/log.js';
import { Program } from './program.js';

/** The settings, or undefined after every fault in them was printed. */
function settingsOrFaults(): Settings | undefined {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return undefined;
  }
}

/** The first signal lets the program finish what was begun, the second ends it at once. */
function stopOnSignals(program: Program, log: Log): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) {
      log.warn({ signal }, 'second signal: ending at once');
      process.exit(1);
    }
    stopping = true;
    log.info({ event: 'stopping', signal }, 'stopping');
    program.stop().then(
      (finished) => {
        log.info({ event: 'stopped' }, 'stopped');
        process.exit(finished ? 0 : 1);
      },
      (error: unknown) => {
        log.fatal({ err: error }, 'the shutdown failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

async function main(): Promise<void> {
  const settings = settingsOrFaults();
  if (!settings) {
    process.exitCode = 1;
    return;
  }
  const log = new Log(settings);
  // Nobody caught it, so nobody knows what state it left: end, and let whoever supervises start a fresh process.
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'a fault of the program');
    process.exit(1);
  });
  const program = new Program(settings, log);
  stopOnSignals(program, log);
  try {
    await program.start();
  } catch (error) {
    log.fatal({ err: error }, 'the program cannot start');
    process.exit(1);
  }
}

await main();
