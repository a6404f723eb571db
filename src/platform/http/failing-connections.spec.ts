import type { Server } from 'node:http';
import { Body, Controller, Get, Post } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bodyOf, RawConnection } from './testing/raw-exchange.js';
import { type StartedApi, startApi } from './testing/start-api.js';

@Controller()
class EchoController {
  @Post('echo')
  echo(@Body() body: unknown): unknown {
    return body;
  }

  @Get('hello')
  hello(): string {
    return 'hello';
  }
}

const POST = 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const META = {
  request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  timestamp: expect.any(String),
};

describe('a connection that does not speak HTTP as it should', () => {
  let api: StartedApi;
  let connection: RawConnection;
  beforeAll(async () => {
    api = await startApi({ controllers: [EchoController], patience: { stallMs: 1000, lingerMs: 200 } });
  });
  afterAll(() => api.stop());

  const exchange = async (text: string): Promise<string> => {
    connection = await RawConnection.open(api.url);
    connection.send(text);
    return connection.untilClosed();
  };

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400, 'This is not a readable HTTP request'],
    ['no Host', 'GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'The Host header is missing'],
    [
      'a chunk without a length',
      `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`,
      400,
      'This is not a readable HTTP request',
    ],
    [
      'two lengths',
      `${POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      400,
      'This is not a readable HTTP request',
    ],
    [
      'headers of 17 KB',
      `GET /hello HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(17_000)}\r\n\r\n`,
      431,
      'The headers are too long',
    ],
    [
      'an expectation that nobody knows',
      `${POST}Expect: a-miracle\r\nContent-Length: 2\r\n\r\n{}`,
      417,
      'The Expect header asks for what we do not know',
    ],
    ['a body that stops coming', `${POST}Content-Length: 100\r\n\r\n{"a":`, 408, 'The body came too slowly'],
  ])('%s is answered in the envelope, then closed', async (_name, text, status, message) => {
    const answer = await exchange(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/X-Request-Id: [0-9a-f-]{36}\r\n/);
    expect(bodyOf(answer)).toEqual({ success: false, error: { code: 'BAD_REQUEST', message }, meta: META });
  });

  it('is not held open by a body that nobody wants', async () => {
    connection = await RawConnection.open(api.url);
    connection.send('POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n{');
    expect(await connection.untilClosed()).toContain('"NOT_FOUND"');
  });

  it('a body that comes slowly, but comes, is read', async () => {
    connection = await RawConnection.open(api.url);
    connection.send(`${POST}Connection: close\r\nContent-Length: 7\r\n\r\n`);
    for (const byte of '{"a":1}') {
      await new Promise((resolve) => setTimeout(resolve, 200));
      connection.send(byte);
    }
    expect(bodyOf(await connection.untilClosed())).toMatchObject({ data: { a: 1 } });
  });

  it.each([
    ['an empty body', `${POST}Content-Length: 0\r\n\r\n`, '"success":true'],
    ['a body that was read', `${POST}Content-Length: 2\r\n\r\n{}`, '"success":true'],
    ['a body that nobody read', 'POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}', '"NOT_FOUND"'],
  ])('idle after %s, it is closed when its keep-alive has ended', async (_name, text, answer) => {
    const server: Server = api.server.app.getHttpServer();
    const { keepAliveTimeout } = server;
    server.keepAliveTimeout = 100;
    try {
      expect(await exchange(text)).toContain(answer);
    } finally {
      server.keepAliveTimeout = keepAliveTimeout;
    }
  });

  it('a second request on the same connection is answered after one with a body', async () => {
    connection = await RawConnection.open(api.url);
    connection.send(`${POST}Content-Length: 2\r\n\r\n{}`);
    await connection.until('"success":true');
    connection.received = '';
    connection.send('GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(bodyOf(await connection.untilClosed())).toMatchObject({ data: 'hello' });
  });
});
