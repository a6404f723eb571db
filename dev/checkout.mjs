/** Where things of this checkout live. Everything the launcher keeps is under `.rasl/`, or pointed to from there. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  realpathSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LaunchError } from './say.mjs';

/** The checkout's folder. */
export const root = realpathSync(dirname(dirname(fileURLToPath(import.meta.url))));

/** The launcher's own folder in the checkout; holds secrets of development, so nobody else may read it. */
export const stateFolder = join(root, '.rasl');

export const isRoot = typeof process.getuid === 'function' && process.getuid() === 0;

/** Makes a folder that only its owner can read, and answers its path. */
export function privateFolder(...parts) {
  const path = join(stateFolder, ...parts);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(stateFolder, 0o700);
  return path;
}

/**
 * The folder for files that Postgres's own user must reach. Postgres refuses to run as root, and the user it runs as
 * instead cannot enter a checkout under a folder of mode 700. So as root it is a folder in /var/tmp, to which
 * `.rasl/embedded-as-root` points; else it is `.rasl/embedded`. A new clone gets a new one, also where another clone
 * was before it, and so does a copy of a checkout.
 */
export function embeddedFolder() {
  privateFolder();
  if (!isRoot) return privateFolder('embedded');
  const pointer = join(stateFolder, 'embedded-as-root');
  const name = join('/var/tmp', `rasl-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`);
  const isOurs = (place) => place === name || place?.startsWith(`${name}-`);
  if (!isOurs(linkTarget(pointer))) {
    const place = mkdtempSync(`${name}-`);
    rmSync(pointer, { force: true });
    try {
      symlinkSync(place, pointer);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      // Another launcher of this checkout was faster.
      rmdirSync(place);
    }
  }
  return ownedFolder(linkTarget(pointer));
}

/**
 * Makes a folder in a place where anybody may write, or accepts the one that is there only when it is a real folder of
 * ours that nobody else may write to: somebody else could have made it first, to plant files in it.
 */
export function ownedFolder(path, mode = 0o711) {
  try {
    mkdirSync(path);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== process.getuid() || (found.mode & 0o022) !== 0) {
    throw new LaunchError(`${path} is not a folder that only this user can write to. Look at it, and move it away.`);
  }
  chmodSync(path, mode);
  return path;
}

function linkTarget(path) {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'EINVAL') return undefined;
    throw error;
  }
}
