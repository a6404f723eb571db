import { startSandbox } from './server.js';
import { readSettings } from './settings.js';

async function main(): Promise<void> {
  const sandbox = await startSandbox(readSettings(process.env));
  process.stdout.write(`${JSON.stringify({ sandbox_url: sandbox.url })}\n`);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void sandbox.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`sandbox: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
