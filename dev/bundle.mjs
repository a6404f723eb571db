/** Puts the compiled program and its packages together into a few files: Node starts on them in half the time. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { LaunchError } from './say.mjs';

const ENTRIES = ['main.js', 'cli.js'];

/**
 * Loaded from node_modules as they are: they come with binaries, or look for their own files; or another package asks for
 * them by a `require` of its own making, and would get a second copy (Nest's mapped types).
 */
const APART = [
  'sharp',
  '@prisma/*',
  'pg',
  '@aws-sdk/*',
  '@bull-board/*',
  'class-transformer',
  'class-transformer/*',
  'class-validator',
];

/** What packages ask for and do without: parts of Nest that this program does not use. */
const ABSENT = ['@fastify/static', '@nestjs/websockets/*', '@nestjs/microservices', '@nestjs/microservices/*'];

/** CommonJS packages ask for others by `require`, which a module does not have. */
const REQUIRE =
  "import { createRequire as requireOfBundle } from 'node:module'; const require = requireOfBundle(import.meta.url);";

/**
 * Bundles the entries of the folder `from` into the folder `to`, and copies what they read at run time (scripts of
 * Redis, pages of the reference) to the same places there. Class names stay as they are written: Nest tells providers
 * apart by them, and the log shows them.
 * @throws LaunchError when a package would be there twice
 */
export async function bundle({ from, to }) {
  const { metafile } = await build({
    entryPoints: ENTRIES.map((entry) => join(from, entry)),
    outdir: to,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    keepNames: true,
    sourcemap: true,
    sourcesContent: false,
    external: [...APART, ...ABSENT],
    banner: { js: REQUIRE },
    logLevel: 'warning',
    metafile: true,
    plugins: [ownAddresses(from)],
  });
  refuseSecondCopies(metafile);
  for (const place of readdirSync(from, { recursive: true }).filter((name) => isData(from, name))) {
    mkdirSync(dirname(join(to, place)), { recursive: true });
    copyFileSync(join(from, place), join(to, place));
  }
}

/** What was compiled has its map beside it; the page of the reference has scripts of its own, which have none. */
const isData = (folder, place) =>
  statSync(join(folder, place)).isFile() && extname(place) !== '.map' && !existsSync(join(folder, `${place}.map`));

const packageOf = (path) => /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];

/** A `require` that esbuild could not follow finds node_modules: of a package that is bundled, too, it makes a second one. */
function refuseSecondCopies({ inputs, outputs }) {
  const bundled = new Set(
    Object.keys(inputs).flatMap((path) =>
      path.includes('node_modules/') ? packageOf(path.split('node_modules/').at(-1)) : [],
    ),
  );
  for (const path of Object.keys(outputs).filter((name) => name.endsWith('.js'))) {
    for (const [, asked] of readFileSync(path, 'utf8').matchAll(/\brequire\w*\("([^"]+)"\)/g)) {
      if (!bundled.has(packageOf(asked))) continue;
      throw new LaunchError(`${packageOf(asked)} would be there twice: name it in APART of dev/bundle.mjs.`);
    }
  }
}

/** A module that reads a file beside itself finds it where that is copied to; all bundled files lie in the folder `to`. */
const ownAddresses = (from) => ({
  name: 'own-addresses',
  setup(bundling) {
    bundling.onLoad({ filter: /\.js$/ }, async ({ path }) => {
      const place = relative(from, path);
      if (place.startsWith('..')) return undefined;
      const text = await readFile(path, 'utf8');
      const address = `new URL(${JSON.stringify(`./${place}`)}, import.meta.url).href`;
      return { contents: text.replaceAll('import.meta.url', address), loader: 'js', resolveDir: dirname(path) };
    });
  },
});
