/** Generates the Prisma client when the schema, or Prisma itself, has changed. Needs no engine and no network. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { privateFolder, root } from './checkout.mjs';
import { alone } from './claims.mjs';
import { install } from './install.mjs';
import { launch, tailOf } from './launcher.mjs';
import { LaunchError, say } from './say.mjs';

const client = join(root, 'src', 'platform', 'database', 'generated');
const stamp = join(client, '.generated-from');

export async function generate(launcher) {
  await alone('generating', async () => {
    const source = fingerprint();
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === source) return;
    say('Generating the Prisma client');
    const log = join(privateFolder('logs'), 'generate.log');
    const status = await launcher.run(
      'prisma generate',
      process.execPath,
      [join(root, 'node_modules/prisma/build/index.js'), 'generate'],
      {
        env: {
          ...process.env,
          // Prisma's CLI wants its schema engine there before it does anything; `generate` never starts it, and any
          // existing file keeps it from downloading one.
          PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
          PRISMA_HIDE_UPDATE_MESSAGE: '1',
          CHECKPOINT_DISABLE: '1',
        },
        log,
      },
    );
    if (status !== 0) throw new LaunchError(`prisma generate failed (status ${status}).${tailOf(log)}`);
    writeFileSync(stamp, source);
  });
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const file of ['prisma/schema.prisma', 'prisma.config.ts', 'node_modules/prisma/package.json']) {
    hash.update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await launch(async (launcher) => {
    await install(launcher);
    await generate(launcher);
  });
}
