import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MAX_BYTES } from '../media-types.js';
import { MediaFolder } from '../testing/media-folder.js';
import { MediaServer } from '../testing/media-server.js';
import { jpeg, padded } from '../testing/sample-files.js';
import { ScriptedAddresses } from '../../platform/public-hosts/testing/scripted-addresses.js';
import { MediaDownload } from './media-download.js';

const NOT_PUBLIC = "The URL's host has an address that is not public.";

class ImpatientDownload extends MediaDownload {
  protected override readonly totalMs = 300;
}

describe('a download that is refused', () => {
  let server: MediaServer;
  let folder: MediaFolder;
  let addresses: ScriptedAddresses;
  let download: MediaDownload;

  beforeEach(async () => {
    server = await MediaServer.start();
    folder = await MediaFolder.create();
    folder.settings.MEDIA_URL_ALLOW = `127.0.0.1:${server.port}`;
    addresses = new ScriptedAddresses();
    download = new MediaDownload(folder.settings, folder.tempFiles, addresses, folder.log);
  });
  afterEach(async () => {
    expect(await folder.temporary()).toEqual([]);
    expect(folder.openFiles()).toEqual([]);
    await server.stop();
    await folder.remove();
  });

  const refused = (url: string, reason: string) => expect(download.fetch(url, 'image')).rejects.toThrow(reason);

  it.each([
    'http://127.0.0.1:9999/a.jpg',
    'http://localhost/a.jpg',
    'http://2130706433/a.jpg',
    'http://0x7f.1/a.jpg',
    'http://0177.0.0.1/a.jpg',
    'http://[::1]/a.jpg',
    'http://[::ffff:127.0.0.1]/a.jpg',
    'http://[64:ff9b::7f00:1]/a.jpg',
    'http://169.254.169.254/latest/meta-data/',
    'http://0.0.0.0/a.jpg',
    'http://10.0.0.1/a.jpg',
    'http://internal.test/a.jpg',
    'http://both.test/a.jpg',
  ])('leads into a private network: %s', async (url) => {
    addresses.answer('localhost', ['::1', '127.0.0.1']);
    addresses.answer('internal.test', ['10.1.2.3']);
    addresses.answer('both.test', ['93.184.216.34', '192.168.0.1']);
    await refused(url, NOT_PUBLIC);
  });

  it('says nothing about the address', async () => {
    addresses.answer('internal.test', ['10.1.2.3']);
    await expect(download.fetch('http://internal.test/a.jpg', 'image')).rejects.not.toThrow('10.1.2.3');
  });

  it('has a name that is private on the second look-up: there is none, and a new request is a new decision', async () => {
    addresses.answer('rebinding.test', ['93.184.216.34'], ['127.0.0.1']);
    const url = new URL(`http://rebinding.test:${server.port}/a.jpg`);
    // What the connection is made to; see "connects to the address it was given" for that half.
    await expect(addresses.of(url)).resolves.toEqual([{ address: '93.184.216.34', family: 4 }]);
    expect(addresses.asked).toEqual(['rebinding.test']);
    await refused(url.href, NOT_PUBLIC);
    expect(server.requests).toEqual([]);
  });

  it('redirects into a private network', async () => {
    addresses.answer('internal.test', ['192.168.7.7']);
    await refused(server.redirect('/a', 'http://internal.test/a.jpg'), NOT_PUBLIC);
    await refused(server.redirect('/b', 'http://127.0.0.1:9999/a.jpg'), NOT_PUBLIC);
    await refused(server.redirect('/c', 'file:///etc/passwd'), 'The URL must begin with http:// or https://.');
    await refused(server.redirect('/d', 'http://user:secret@example.com/'), 'user name or password');
  });

  it('redirects a fourth time, in a circle, or nowhere', async () => {
    server.redirect('/4', '/final.jpg');
    server.redirect('/3', '/4');
    server.redirect('/2', '/3');
    await refused(server.redirect('/1', '/2'), 'The URL redirects more than 3 times.');
    await refused(server.redirect('/circle', '/circle'), 'The URL redirects more than 3 times.');
    await refused(
      server.on('/nowhere', (_, response) => response.writeHead(302).end()),
      'answered 302 without an address',
    );
  });

  it.each([204, 206, 304, 401, 404, 500, 503])('answers %i', async (status) => {
    await refused(
      server.on('/a.jpg', (_, response) => response.writeHead(status).end()),
      `The URL answered with HTTP status ${status}.`,
    );
  });

  it('has a host that nobody knows, or a port where nobody listens', async () => {
    await refused('http://nobody.test/a.jpg', "The URL's host could not be found.");
    folder.settings.MEDIA_URL_ALLOW = '127.0.0.1';
    download = new MediaDownload(folder.settings, folder.tempFiles, addresses, folder.log);
    await refused('http://127.0.0.1:1/a.jpg', 'The URL could not be downloaded: the connection failed.');
  });

  it('is larger than its type allows, as announced or as it turns out', async () => {
    const tooLarge = padded(await jpeg(), MAX_BYTES.image + 1);
    const reason = 'The file must not be larger than 5 MB for media_type image.';
    await refused(server.file('/announced.jpg', tooLarge, { 'Content-Length': String(tooLarge.length) }), reason);
    await refused(
      server.on('/chunked.jpg', (_, response) => {
        response.write(tooLarge.subarray(0, 1000));
        response.end(tooLarge.subarray(1000));
      }),
      reason,
    );
  });

  it('has a body that never ends', async () => {
    const closed = new Promise<void>((resolve) => {
      server.on('/endless.jpg', (_, response) => {
        const piece = Buffer.alloc(65_536);
        const more = (): void => {
          while (!response.destroyed && response.write(piece)) continue;
        };
        response.on('drain', more).on('close', resolve);
        more();
      });
    });
    await refused(server.url('/endless.jpg'), 'The file must not be larger than 5 MB');
    await closed;
  });

  it('breaks off in the middle', async () => {
    const url = server.on('/a.jpg', (_, response) => {
      response.writeHead(200, { 'Content-Length': '400000' });
      response.write(Buffer.alloc(300_000), () => response.destroy());
    });
    await refused(url, 'The URL could not be downloaded: the connection failed.');
  });

  it('switches to another protocol', async () => {
    const dropped = new Promise<void>((resolve) => {
      server.on('/upgrade.jpg', (_, response) => {
        response.socket?.once('close', () => resolve());
        response.socket?.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      });
    });
    await refused(server.url('/upgrade.jpg'), 'The URL could not be downloaded: the connection failed.');
    await dropped;
  });

  it('closes the connection without an answer', async () => {
    const url = server.on('/a.jpg', (_, response) => response.socket?.end());
    await refused(url, 'The URL could not be downloaded: the connection failed.');
  });

  it('is compressed', async () => {
    await refused(
      server.file('/a.jpg', gzipSync(await jpeg()), { 'Content-Encoding': 'gzip' }),
      'The URL answers with a compressed body only.',
    );
  });

  it('takes too long: to begin, to go on, to be looked up', async () => {
    download = new ImpatientDownload(folder.settings, folder.tempFiles, addresses, folder.log);
    const reason = 'The URL could not be downloaded within 0.3 seconds.';
    await refused(
      server.on('/silent.jpg', () => undefined),
      reason,
    );
    await refused(
      server.on('/slow.jpg', (_, response) => {
        response.writeHead(200, { 'Content-Length': '400000' });
        response.write(Buffer.alloc(300_000));
      }),
      reason,
    );
    class Silent extends ScriptedAddresses {
      protected override lookup(): Promise<never> {
        return new Promise(() => undefined);
      }
    }
    download = new ImpatientDownload(folder.settings, folder.tempFiles, new Silent(), folder.log);
    await refused('http://silent.test/a.jpg', reason);
  });

  it('speaks no HTTP', async () => {
    const babbler = createServer((socket) => socket.end('220 mail.example ESMTP\r\n'));
    babbler.listen(0, '127.0.0.1');
    await once(babbler, 'listening');
    const { port } = babbler.address() as AddressInfo;
    folder.settings.MEDIA_URL_ALLOW = '127.0.0.1';
    download = new MediaDownload(folder.settings, folder.tempFiles, addresses, folder.log);
    await refused(`http://127.0.0.1:${port}/a.jpg`, 'The URL could not be downloaded: the connection failed.');
    babbler.close();
  });
});
