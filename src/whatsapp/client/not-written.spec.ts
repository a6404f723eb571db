import { once } from 'node:events';
import { Agent as HttpsAgent, createServer as createTlsServer } from 'node:https';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { GraphHttp, type GraphAnswer, type GraphFailure } from './graph-http.js';
import { ACCEPTED, httpAnswer, onRequest, RawServer } from './testing/raw-server.js';
import { TEST_CERTIFICATE } from './testing/tls-certificate.js';
import { TrackedRequest } from './tracked-request.js';

const TOKEN = 'EAASECRETTOKEN0123456789';
const cleanUp: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

function httpWith(options: ConstructorParameters<typeof GraphHttp>[0] = {}): GraphHttp {
  const http = new GraphHttp(options);
  cleanUp.push(() => http.close());
  return http;
}

async function post(http: GraphHttp, url: string): Promise<GraphAnswer | GraphFailure> {
  const outcome = await http.call({
    method: 'POST',
    url: `${url}/v26.0/1/messages`,
    accessToken: TOKEN,
    body: Buffer.from('{"type":"text"}'),
    timeoutMs: 5000,
    maxAnswerBytes: 10_000,
  });
  expect(JSON.stringify(outcome)).not.toContain(TOKEN);
  return outcome;
}

const reasonOf = (outcome: GraphAnswer | GraphFailure): string => ('reason' in outcome ? outcome.reason : '');

async function rawServer(handle: (socket: Socket) => void): Promise<RawServer> {
  const server = await RawServer.start(handle);
  cleanUp.push(() => server.stop());
  return server;
}

describe('a request of which nothing left', () => {
  it('is told apart when the port is closed', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    expect(await post(httpWith(), `http://127.0.0.1:${port}`)).toEqual({
      kind: 'failure',
      written: false,
      reason: 'ECONNREFUSED',
    });
  });

  it('is told apart when the host has no address', async () => {
    // RFC 6761: .invalid never resolves.
    const outcome = await post(httpWith(), 'http://graph.invalid');
    expect(outcome).toMatchObject({ kind: 'failure', written: false });
    expect(reasonOf(outcome)).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  it('is told apart when the TLS handshake breaks off', async () => {
    const server = await rawServer((socket) => socket.once('data', () => socket.end('no TLS here')));
    const outcome = await post(httpWith(), server.url.replace('http:', 'https:'));
    expect(outcome).toMatchObject({ kind: 'failure', written: false });
  });

  it('is told apart when the TLS handshake is reset', async () => {
    const server = await rawServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const outcome = await post(httpWith(), server.url.replace('http:', 'https:'));
    expect(outcome).toEqual({ kind: 'failure', written: false, reason: 'ECONNRESET' });
  });

  it('is told apart when the TLS handshake does not end in time', async () => {
    const server = await rawServer(() => undefined);
    const outcome = await post(httpWith({ connectTimeoutMs: 150 }), server.url.replace('http:', 'https:'));
    expect(outcome).toEqual({ kind: 'failure', written: false, reason: 'CONNECT_TIMEOUT' });
  });

  it('is told apart when an idle socket was reset before the request was written', async () => {
    const server = await rawServer((socket) => onRequest(socket, () => socket.write(httpAnswer(200, ACCEPTED))));
    const http = httpWith();
    expect(await post(http, server.url)).toMatchObject({ kind: 'answer' });
    // The reset is in the kernel, and this process has not looked yet: the request goes to the dead socket.
    server.sockets[0]?.resetAndDestroy();
    const outcome = await post(http, server.url);
    expect(outcome).toMatchObject({ kind: 'failure', written: false });
    expect(reasonOf(outcome)).toMatch(/EPIPE|ECONNRESET/);
    expect(server.sockets).toHaveLength(1);
    expect(await post(http, server.url)).toMatchObject({ kind: 'answer', status: 200 });
  });
});

describe('an idle socket that the other side closes', () => {
  async function kept(): Promise<{ http: GraphHttp; server: RawServer; idle: Socket; requests: () => number }> {
    let requests = 0;
    const server = await rawServer((socket) =>
      onRequest(socket, () => {
        requests += 1;
        socket.write(httpAnswer(200, ACCEPTED));
      }),
    );
    const http = httpWith();
    expect(await post(http, server.url)).toMatchObject({ kind: 'answer' });
    const [idle] = server.sockets;
    if (!idle) throw new Error('no socket');
    return { http, server, idle, requests: () => requests };
  }

  it('is not used any more once that was seen: the next request leaves once, on a new socket', async () => {
    const { http, server, idle, requests } = await kept();
    const closed = once(idle, 'close');
    idle.end();
    // This side has answered the end with its own.
    await closed;
    expect(await post(http, server.url)).toMatchObject({ kind: 'answer', status: 200 });
    expect(server.sockets).toHaveLength(2);
    expect(requests()).toBe(2);
  });

  it('takes the request with it when that was not seen yet: it counts as written, and is not repeated', async () => {
    const { http, server, idle, requests } = await kept();
    // The end is in the kernel, and this process has not looked yet. It still takes bytes for the other side.
    idle.destroy();
    const outcome = await post(http, server.url);
    expect(outcome).toMatchObject({ kind: 'failure', written: true });
    expect(reasonOf(outcome)).toMatch(/EPIPE|ECONNRESET/);
    expect(server.sockets).toHaveLength(1);
    expect(requests()).toBe(1);
    expect(await post(http, server.url)).toMatchObject({ kind: 'answer', status: 200 });
  });
});

describe('TLS', () => {
  async function tlsServer(): Promise<{
    url: string;
    requests: () => number;
    sockets: Socket[];
    dropNext: () => void;
    delay: (milliseconds: number) => void;
  }> {
    let requests = 0;
    let drop = false;
    let delayMs = 0;
    const sockets: Socket[] = [];
    const server = createTlsServer(TEST_CERTIFICATE, (request, response) => {
      requests += 1;
      if (drop) request.socket.destroy();
      else setTimeout(() => response.end(ACCEPTED), delayMs);
    });
    server.on('secureConnection', (socket) => sockets.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    cleanUp.push(async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    return {
      url: `https://127.0.0.1:${port}`,
      requests: () => requests,
      sockets,
      dropNext: () => (drop = true),
      delay: (milliseconds) => (delayMs = milliseconds),
    };
  }

  it('refuses a certificate that nobody vouches for before anything is written', async () => {
    const server = await tlsServer();
    expect(await post(httpWith(), server.url)).toEqual({
      kind: 'failure',
      written: false,
      reason: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(server.requests()).toBe(0);
  });

  it('counts the request as written once the server has read it, on a new socket', async () => {
    const server = await tlsServer();
    server.dropNext();
    expect(await post(httpWith({ ca: TEST_CERTIFICATE.cert }), server.url)).toMatchObject({
      kind: 'failure',
      written: true,
    });
  });

  it('counts the request as written once the server has read it, on a kept-alive socket', async () => {
    const server = await tlsServer();
    const http = httpWith({ ca: TEST_CERTIFICATE.cert });
    expect(await post(http, server.url)).toMatchObject({ kind: 'answer', status: 200 });
    server.dropNext();
    expect(await post(http, server.url)).toMatchObject({ kind: 'failure', written: true });
    expect(server.sockets).toHaveLength(1);
  });

  it('counts the request as written on a kept-alive socket whose certificate nobody checked', async () => {
    const server = await tlsServer();
    const agent = new HttpsAgent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    cleanUp.push(() => agent.destroy());
    const ask = async (): Promise<TrackedRequest> => {
      const tracked = new TrackedRequest(200);
      const { hostname, port } = new URL(server.url);
      const request = tracked.request({ protocol: 'https:', method: 'POST', hostname, port, agent }, (response) =>
        response.resume(),
      );
      request.on('error', () => undefined);
      request.end('{}');
      await new Promise((resolve) => request.once('close', resolve));
      return tracked;
    };
    expect((await ask()).written).toBe(true);
    server.dropNext();
    const second = await ask();
    expect({ written: second.written, sockets: server.sockets.length }).toEqual({ written: true, sockets: 1 });
  });

  it('does not break off a call on such a socket that takes longer than connecting may', async () => {
    const server = await tlsServer();
    const agent = new HttpsAgent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    cleanUp.push(() => agent.destroy());
    const { hostname, port } = new URL(server.url);
    for (const delayMs of [0, 400]) {
      server.delay(delayMs);
      const tracked = new TrackedRequest(200);
      let status: number | undefined;
      const request = tracked.request({ protocol: 'https:', method: 'POST', hostname, port, agent }, (response) => {
        status = response.statusCode;
        response.resume();
      });
      request.on('error', () => undefined);
      request.end('{}');
      await new Promise((resolve) => request.once('close', resolve));
      expect({ status, timedOut: tracked.connectTimedOut }).toEqual({ status: 200, timedOut: false });
    }
    expect(server.sockets).toHaveLength(1);
  });
});
