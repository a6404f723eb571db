/** Files by which launchers on one machine keep out of each other's way. A claim ends with the process that made it. */
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { privateFolder } from './checkout.mjs';
import { identify, isRunning } from './processes.mjs';
import { say } from './say.mjs';

const held = new Set();
process.on('exit', () => held.forEach(release));

/** Claims the file for this process. False when another running process holds it. */
export function claim(path) {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(identify(process.pid)), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (linked(mine, path)) {
        held.add(path);
        return true;
      }
      const holder = holderOf(path);
      if (holder !== undefined && isRunning(holder)) return false;
      rmSync(path, { force: true });
    }
    return false;
  } finally {
    rmSync(mine);
  }
}

/** A hard link makes the file appear with its contents, or not at all. */
function linked(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Gives the file back. */
export function release(path) {
  held.delete(path);
  rmSync(path, { force: true });
}

/** The process that holds the file; undefined when the file is gone or is none of ours. */
function holderOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Does the work while no other launcher of this checkout does work of the same name; waits for its turn. */
export async function alone(name, work) {
  const path = join(privateFolder('claims'), name);
  for (let said = false; !claim(path); said = true) {
    if (!said)
      say(`Waiting for another run of this checkout (process ${holderOf(path)?.pid ?? 'just ended'}): ${name}`);
    await delay(200);
  }
  try {
    return await work();
  } finally {
    release(path);
  }
}
