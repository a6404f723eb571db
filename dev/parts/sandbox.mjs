/** The sandbox: our WhatsApp Cloud API for development. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from '../checkout.mjs';
import { RANK, tailOf } from '../launcher.mjs';
import { LaunchError } from '../say.mjs';
import { takePort } from './ports.mjs';

const DEFAULT_PORT = 4010;
const STARTS_WITHIN_MS = 20_000;

/** Starts the sandbox; answers `{url}`. It says where it listens in one line of JSON, which goes to its log. */
export async function startSandbox(launcher, { env, log }) {
  const port = await takePort('the sandbox', DEFAULT_PORT, { name: 'SANDBOX_PORT', value: env.SANDBOX_PORT });
  const part = launcher.start(
    'the sandbox',
    process.execPath,
    ['--enable-source-maps', join(root, 'dist/sandbox/main.js')],
    {
      env: { ...env, SANDBOX_PORT: String(port) },
      log,
      rank: RANK.sandbox,
      watched: false,
    },
  );
  const deadline = performance.now() + STARTS_WITHIN_MS;
  for (;;) {
    const url = addressIn(log);
    if (url !== undefined) {
      launcher.watch(part);
      return { url };
    }
    if (part.ended) throw new LaunchError(`The sandbox did not start.${tailOf(log)}`);
    if (performance.now() > deadline) throw new LaunchError(`The sandbox did not start within 20 s.${tailOf(log)}`);
    await delay(20);
  }
}

function addressIn(log) {
  const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
  const line = lines.find((text) => text.startsWith('{') && text.includes('"sandbox_url"'));
  return line === undefined ? undefined : JSON.parse(line).sandbox_url;
}
