import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { HostAddress } from '../../platform/public-hosts/host-addresses.js';

/**
 * A GET that connects to one of the given addresses and to nothing else; name and certificate are still checked
 * against the URL's host. No proxy, no kept connection, no compression (the size limit counts what arrives).
 * @returns the answer once its headers are there; redirects are not followed
 * @throws the connection's error, also when it ends without an answer or the server wants another protocol (101)
 */
export function pinnedGet(url: URL, addresses: HostAddress[], signal: AbortSignal): Promise<IncomingMessage> {
  const lookup: LookupFunction = (_host, options, done) => {
    const [first] = addresses;
    if (options.all) done(null, addresses);
    else if (first) done(null, first.address, first.family);
    else done(new Error('no address'), '');
  };
  const options: RequestOptions = {
    method: 'GET',
    agent: false,
    lookup,
    signal,
    headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'rasl-media/1' },
    maxHeaderSize: 16 * 1024,
  };
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    start(url, options, resolve)
      .on('error', reject)
      // Without a listener Node drops the socket of a 101 and tells nobody.
      .on('upgrade', (_answer, socket) => {
        socket.destroy();
        reject(new Error('the server switches to another protocol'));
      })
      // Comes after an answer too; the promise is settled then.
      .on('close', () => reject(new Error('the connection was closed without an answer')))
      .end();
  });
}
