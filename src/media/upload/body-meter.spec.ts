import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Request } from 'express';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EndlessBodyError, meterBody } from './body-meter.js';

const LIMIT = 1_000_000;

describe('a body', () => {
  let server: Server;
  let verdict: Promise<'ended' | EndlessBodyError>;

  beforeEach(async () => {
    const app = express();
    verdict = new Promise((resolve) => {
      app.post('/', (request: Request, response) => {
        const stop = meterBody(request, LIMIT, resolve);
        request.resume().on('end', () => {
          stop();
          resolve('ended');
          response.end();
        });
      });
    });
    server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const post = () => {
    const { port } = server.address() as AddressInfo;
    return httpRequest({ port, method: 'POST' }).on('error', () => undefined);
  };

  it('that never ends is noticed', async () => {
    const request = post();
    const piece = Buffer.alloc(65_536);
    const more = (): void => {
      while (!request.destroyed && request.write(piece)) continue;
    };
    request.on('drain', more);
    more();
    await expect(verdict).resolves.toBeInstanceOf(EndlessBodyError);
    request.destroy();
  });

  it('that ends within the limit is let through', async () => {
    post().end(Buffer.alloc(LIMIT - 10_000));
    await expect(verdict).resolves.toBe('ended');
  });
});
