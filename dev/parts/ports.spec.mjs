import { once } from 'node:events';
import net from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { takePort } from './ports.mjs';

const servers = [];

/** Somebody else's server, on a port that the system chose. */
async function listen(host) {
  const server = net.createServer().listen({ host, port: 0 });
  servers.push(server);
  await once(server, 'listening');
  return server.address().port;
}

describe('takePort', () => {
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  it('moves on from a default port where somebody listens, on loopback or on all addresses', async () => {
    for (const host of ['127.0.0.1', '0.0.0.0']) {
      const taken = await listen(host);
      expect(await takePort('the part', taken)).toBeGreaterThan(taken);
    }
  });

  it('gives the same port only once, although nothing listens there yet', async () => {
    const first = await takePort('the part', 21_000);
    expect(await takePort('another part', first)).toBeGreaterThan(first);
  });

  it('refuses an explicit port that is in use, by the name of its setting', async () => {
    const taken = await listen('127.0.0.1');
    const explicit = { name: 'OPERATOR_PORT', value: String(taken) };
    await expect(takePort('the part', 3001, explicit)).rejects.toThrow(`OPERATOR_PORT=${taken}: the port is in use`);
  });

  it('takes an explicit port that is free, and no other', async () => {
    const free = await listen('127.0.0.1');
    servers.pop().close();
    expect(await takePort('the part', 3001, { name: 'PORT', value: String(free) })).toBe(free);
  });

  it.each(['0', '65536', '80a', '-1', '1.5'])('refuses %s as a port', async (value) => {
    await expect(takePort('the part', 3000, { name: 'PORT', value })).rejects.toThrow(`PORT=${value} is not a port`);
  });
});
