/** Packages of the operating system, where they can be installed without a question. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isRoot } from '../checkout.mjs';
import { say, sayWhileWaiting } from '../say.mjs';

/** The first of these commands that the PATH has, as a full path. */
export function commandInPath(...names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Root on Debian, Ubuntu or a relative: apt-get asks nobody there. */
export function canInstallSystemPackages() {
  return isRoot && commandInPath('apt-get') !== undefined;
}

/**
 * Installs a Debian package. False, with apt's own words on the terminal, when that did not work. The package lists are
 * fetched when apt does not know the package, or only one that the archive has replaced since.
 */
export async function installSystemPackage(launcher, name) {
  say(`Installing ${name} with apt-get`);
  const stop = sayWhileWaiting(`still installing ${name}`);
  try {
    return (
      (await aptInstall(launcher, name)) || ((await apt(launcher, 'update')) && (await aptInstall(launcher, name)))
    );
  } finally {
    stop();
  }
}

function aptInstall(launcher, name) {
  return apt(launcher, 'install', '--yes', '--no-install-recommends', name);
}

async function apt(launcher, ...args) {
  const status = await launcher.run('apt-get', 'apt-get', ['--quiet=2', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return status === 0;
}

/** The version that a command prints, as numbers: `v=7.0.15` or `8.0.1` gives [7, 0, 15] and [8, 0, 1]. */
export function versionOf(command) {
  const { stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return /(\d+)\.(\d+)\.(\d+)/
    .exec(stdout ?? '')
    ?.slice(1)
    .map(Number);
}
