/** Builds `dist/` when its sources have changed: the program (`dist/compiled`, and from it `dist/app`, which is run), the
 * sandbox, the bench, the chaos runs, and the installation that all end-to-end tests share (jest imports its global
 * set-up natively, so it must be built). */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from './bundle.mjs';
import { root } from './checkout.mjs';
import { alone } from './claims.mjs';
import { generate } from './generate.mjs';
import { install } from './install.mjs';
import { launch } from './launcher.mjs';
import { LaunchError, say } from './say.mjs';

const SOURCES = [
  'src',
  'sandbox',
  'bench',
  'test/support',
  'test/chaos',
  'prisma',
  'package-lock.json',
  'nest-cli.json',
  '.swcrc',
  'dev/build.mjs',
  'dev/bundle.mjs',
];
const dist = join(root, 'dist');
const stamp = join(dist, '.built-from');

/** Entry points without which nothing runs. */
const ENTRIES = ['app/main.js', 'app/cli.js', 'sandbox/main.js'];

/** The API reference's script: served by the program itself, so that the page needs no other host. */
const REFERENCE_SCRIPT = {
  from: 'node_modules/@scalar/api-reference/dist/browser/standalone.js',
  to: 'app/api-reference/assets/scalar.js',
};

/** Installs, generates and builds, each when needed. */
export async function prepare(launcher) {
  await install(launcher);
  await generate(launcher);
  await build(launcher);
}

export async function build(launcher) {
  await alone('building', async () => {
    const sources = fingerprint();
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;
    say('Building');
    for (const part of ['compiled', 'app', 'sandbox', 'bench', 'test'])
      rmSync(join(dist, part), { recursive: true, force: true });
    await compile(launcher, 'nest build', ['node_modules/@nestjs/cli/bin/nest.js', 'build']);
    const swc = [
      'node_modules/@swc/cli/bin/swc.js',
      'sandbox',
      'bench',
      'test/support',
      'test/chaos',
      '-d',
      'dist',
      '--quiet',
    ];
    await compile(launcher, 'swc', [...swc, '--copy-files', '--ignore', '**/*.spec.ts,**/*.md']);
    // Before the bundle, which copies it as it does the pages of the reference.
    await compile(launcher, 'The description of the API', ['dist/compiled/describe.js']);
    await bundle({ from: join(dist, 'compiled'), to: join(dist, 'app') });
    mkdirSync(dirname(join(dist, REFERENCE_SCRIPT.to)), { recursive: true });
    copyFileSync(join(root, REFERENCE_SCRIPT.from), join(dist, REFERENCE_SCRIPT.to));
    const missing = ENTRIES.filter((entry) => !existsSync(join(dist, entry)));
    if (missing.length > 0)
      throw new LaunchError(`The build did not make ${missing.map((entry) => `dist/${entry}`).join(', ')}.`);
    writeFileSync(stamp, sources);
  });
}

async function compile(launcher, name, args) {
  const status = await launcher.run(name, process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new LaunchError(`${name} failed (status ${status}).`);
}

/** Path, size and change time of every source: reading them all would take longer than starting the program. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const source of SOURCES) addTo(hash, source);
  return hash.digest('hex');
}

function addTo(hash, path) {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory()) {
    hash.update(`${path} ${found.size} ${found.mtimeMs}\n`);
    return;
  }
  if (path === 'src/platform/database/generated') return;
  for (const name of readdirSync(join(root, path)).sort()) addTo(hash, `${path}/${name}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await launch(prepare);
