/** Ports for the parts: the default one or the next that is free; one that was named explicitly, or none. */
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownedFolder } from '../checkout.mjs';
import { claim, release } from '../claims.mjs';
import { LaunchError } from '../say.mjs';

/** How far from its default port a part may move. */
const TRIES = 100;

/**
 * Answers a free loopback port and keeps it for this process: a launcher of another checkout that starts in the same
 * second does not get it too, although nothing listens there yet. (Ports of other programs are seen only by listening.)
 *
 * `setting`: name and value of the setting that names the port explicitly, if any. Then it is that port or an error.
 */
export async function takePort(what, preferred, { name, value } = {}) {
  if (value !== undefined && value !== '') {
    const port = Number(value);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new LaunchError(`${name}=${value} is not a port.`);
    if (!(await take(port)))
      throw new LaunchError(`${name}=${port}: the port is in use. Free it, or name another for ${what}.`);
    return port;
  }
  for (let port = preferred; port < preferred + TRIES; port++) if (await take(port)) return port;
  throw new LaunchError(`No free port for ${what} between ${preferred} and ${preferred + TRIES - 1}.`);
}

async function take(port) {
  const path = join(ownedFolder(join(tmpdir(), `rasl-ports-${process.getuid()}`), 0o700), String(port));
  if (!claim(path)) return false;
  if (await isFree(port)) return true;
  release(path);
  return false;
}

/**
 * Nobody answers there and we could listen. Both are asked: on macOS one can listen on 127.0.0.1 although somebody
 * listens on all addresses, and a socket that is bound but not listening answers nobody.
 */
async function isFree(port) {
  return !(await answers(port)) && (await canListen(port));
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.destroy());
  });
}

function canListen(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(true)));
  });
}
