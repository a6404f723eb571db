import { once } from 'node:events';
import { Settings } from '../../platform/config/settings.js';
import { CloudApiClient } from './cloud-api-client.js';
import type { MessagePayload } from './payloads.js';
import type { SendResult } from './send-result.js';
import { ACCEPTED, httpAnswer, onRequest, RawServer, type RawRequest } from './testing/raw-server.js';

const TOKEN = 'EAASECRETTOKEN0123456789';
const PAYLOAD: MessagePayload = {
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  to: '+16505551234',
  type: 'text',
  text: { body: 'Привет 👋' },
  biz_opaque_callback_data: 'm=1;a=1',
};

const servers: RawServer[] = [];
const clients: CloudApiClient[] = [];

async function serve(handle: Parameters<typeof RawServer.start>[0]): Promise<RawServer> {
  const server = await RawServer.start(handle);
  servers.push(server);
  return server;
}

/** A server that answers every request with the same bytes. */
const answering = (answer: string): Promise<RawServer> =>
  serve((socket) => onRequest(socket, () => socket.write(answer)));

function clientOf(url: string, timeoutMs = 5000): CloudApiClient {
  const settings = Object.assign(new Settings(), {
    WHATSAPP_API_BASE_URL: url,
    WHATSAPP_API_VERSION: 'v26.0',
    WHATSAPP_TIMEOUT_MS: timeoutMs,
  });
  const client = new CloudApiClient(settings);
  clients.push(client);
  return client;
}

async function send(client: CloudApiClient): Promise<SendResult> {
  const result = await client.sendMessage({ phoneNumberId: '106540352242922', accessToken: TOKEN, payload: PAYLOAD });
  expect(JSON.stringify(result)).not.toContain(TOKEN);
  return result;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.onModuleDestroy();
  for (const server of servers.splice(0)) await server.stop();
});

describe('a send that WhatsApp accepts', () => {
  it('answers the wamid, the WhatsApp id and the message status', async () => {
    const server = await answering(httpAnswer(200, ACCEPTED));
    expect(await send(clientOf(server.url))).toEqual({
      kind: 'accepted',
      wamid: 'wamid.HBgLMTY1MDU1NTEyMzQ',
      waId: '16505551234',
      messageStatus: 'accepted',
    });
  });

  it('answers the user id when the recipient is known by that alone', async () => {
    const body = { contacts: [{ input: 'US.1', user_id: 'US.1' }], messages: [{ id: 'wamid.A' }] };
    const server = await answering(httpAnswer(200, JSON.stringify(body)));
    expect(await send(clientOf(server.url))).toEqual({ kind: 'accepted', wamid: 'wamid.A', userId: 'US.1' });
  });

  it('is one POST with the token in its header and the payload as it was given', async () => {
    const requests: RawRequest[] = [];
    const server = await serve((socket) =>
      onRequest(socket, (request) => {
        requests.push(request);
        socket.write(httpAnswer(200, ACCEPTED));
      }),
    );
    await send(clientOf(`${server.url}/`));
    expect(requests).toHaveLength(1);
    const [{ head, body } = { head: '', body: Buffer.alloc(0) }] = requests;
    expect(head).toMatch(/^POST \/v26\.0\/106540352242922\/messages HTTP\/1\.1\r\n/);
    expect(head).toMatch(new RegExp(`^authorization: Bearer ${TOKEN}$`, 'im'));
    expect(head).toMatch(/^content-type: application\/json$/im);
    expect(JSON.parse(body.toString('utf8'))).toEqual(PAYLOAD);
  });

  it('goes out on the socket of the send before', async () => {
    const server = await answering(httpAnswer(200, ACCEPTED));
    const client = clientOf(server.url);
    await send(client);
    await send(client);
    expect(server.sockets).toHaveLength(1);
  });

  it('ignores a proxy that the environment names', async () => {
    const server = await answering(httpAnswer(200, ACCEPTED));
    process.env.HTTP_PROXY = 'http://127.0.0.1:9';
    try {
      expect(await send(clientOf(server.url))).toMatchObject({ kind: 'accepted' });
    } finally {
      delete process.env.HTTP_PROXY;
    }
  });

  it('leaves no socket open for longer than 4 seconds of idleness', async () => {
    const server = await answering(httpAnswer(200, ACCEPTED));
    await send(clientOf(server.url));
    const [socket] = server.sockets;
    if (!socket) throw new Error('no socket');
    const began = performance.now();
    socket.resume();
    await once(socket, 'close');
    const seconds = (performance.now() - began) / 1000;
    expect(seconds).toBeGreaterThan(3.5);
    expect(seconds).toBeLessThan(8);
  }, 15_000);
});

describe('marking a message as read', () => {
  const mark = (client: CloudApiClient) =>
    client.markRead({ phoneNumberId: '106540352242922', accessToken: TOKEN, wamid: 'wamid.A' });

  it('is one POST that names the message', async () => {
    const requests: RawRequest[] = [];
    const server = await serve((socket) =>
      onRequest(socket, (request) => {
        requests.push(request);
        socket.write(httpAnswer(200, '{"success":true}'));
      }),
    );
    expect(await mark(clientOf(server.url))).toEqual({ kind: 'marked' });
    expect(requests).toHaveLength(1);
    expect(JSON.parse(requests[0]?.body.toString() ?? '')).toEqual({
      messaging_product: 'whatsapp',
      status: 'read',
      message_id: 'wamid.A',
    });
  });

  it.each([
    [httpAnswer(400, '{"error":{"code":131009,"message":"no"}}'), { kind: 'refused', code: 131009 }],
    [httpAnswer(200, '{"success":false}'), { kind: 'unknown', reason: 'NOT_UNDERSTOOD (HTTP 200)' }],
    [httpAnswer(502, '<html>'), { kind: 'unknown' }],
  ])('tells what else WhatsApp answers', async (answer, result) => {
    expect(await mark(clientOf((await answering(answer)).url))).toMatchObject(result);
  });

  it('tells that nothing was written', async () => {
    expect(await mark(clientOf('http://127.0.0.1:1'))).toEqual({ kind: 'not_written', reason: 'ECONNREFUSED' });
  });
});

describe('a send that WhatsApp refuses', () => {
  const graphError = (code: number): string =>
    JSON.stringify({
      error: {
        message: `(#${code}) No`,
        type: 'OAuthException',
        code,
        error_data: { messaging_product: 'whatsapp', details: 'Because.' },
        fbtrace_id: 'Az8',
      },
    });

  it.each([
    [400, 131026, 'never'],
    [400, 131056, 'retry'],
    [401, 190, 'pause_number'],
    [400, 131047, 'reengage'],
    [500, 131000, 'retry'],
    [503, 987_654, 'retry'],
    [200, 131026, 'never'],
  ])('with HTTP %d and code %d is refused, to be handled as %s', async (status, code, errorClass) => {
    const server = await answering(httpAnswer(status, graphError(code)));
    expect(await send(clientOf(server.url))).toMatchObject({
      kind: 'refused',
      code,
      title: `(#${code}) No`,
      details: 'Because.',
      httpStatus: status,
      fbtraceId: 'Az8',
      classification: { code, class: errorClass },
    });
  });

  it('is refused also while the request is still being read', async () => {
    const server = await serve((socket) => {
      socket.once('data', () => socket.end(httpAnswer(401, graphError(190), { head: 'Connection: close\r\n' })));
    });
    expect(await send(clientOf(server.url))).toMatchObject({ kind: 'refused', code: 190 });
  });
});

describe('an answer that is not the Cloud API’s', () => {
  const html = '<html><body>Bad Gateway</body></html>';
  it.each([
    ['an HTML 502', httpAnswer(502, html, { type: 'text/html' })],
    ['an HTML 200', httpAnswer(200, html, { type: 'text/html' })],
    ['an HTML 404', httpAnswer(404, html, { type: 'text/html' })],
    ['a 500 with other JSON', httpAnswer(500, '{"message":"oops"}')],
    ['a 500 with an error that has no code', httpAnswer(500, '{"error":{"message":"oops"}}')],
    ['a 500 with a code that is text', httpAnswer(500, '{"error":{"code":"131000"}}')],
    ['a 200 without a message', httpAnswer(200, '{"messages":[]}')],
    ['a 200 whose wamid is empty', httpAnswer(200, '{"messages":[{"id":""}]}')],
    ['a 200 whose wamid is a number', httpAnswer(200, '{"messages":[{"id":7}]}')],
    ['a 200 that is null', httpAnswer(200, 'null')],
    ['a 200 with half a JSON text', httpAnswer(200, ACCEPTED.slice(0, 40))],
    ['an empty 200', httpAnswer(200, '')],
    ['a 201 with a message', httpAnswer(201, ACCEPTED)],
  ])('(%s) leaves the outcome unknown', async (_name, answer) => {
    const server = await answering(answer);
    const result = await send(clientOf(server.url));
    expect(result.kind).toBe('unknown');
    expect('reason' in result && result.reason).toMatch(/^NOT_UNDERSTOOD \(HTTP \d+\)$/);
  });

  it.each([301, 302, 303, 307, 308])(
    '(a redirect %d) is not followed and leaves the outcome unknown',
    async (status) => {
      let requests = 0;
      const server = await serve((socket) =>
        onRequest(socket, () => {
          requests += 1;
          socket.write(httpAnswer(status, '', { head: 'Location: /elsewhere\r\n' }));
        }),
      );
      expect(await send(clientOf(server.url))).toMatchObject({ kind: 'unknown' });
      expect(requests).toBe(1);
    },
  );

  it('(one that is longer than any answer of WhatsApp) is cut off and leaves the outcome unknown', async () => {
    const server = await answering(httpAnswer(200, `{"messages":[{"id":"wamid.A"}],"x":"${'x'.repeat(300_000)}"}`));
    expect(await send(clientOf(server.url))).toEqual({ kind: 'unknown', reason: 'ANSWER_TOO_LONG' });
  });
});

describe('a connection that fails after bytes have left', () => {
  it('leaves the outcome unknown when it is closed without an answer', async () => {
    const server = await serve((socket) => onRequest(socket, () => socket.end()));
    expect(await send(clientOf(server.url))).toEqual({ kind: 'unknown', reason: 'ECONNRESET' });
  });

  it('leaves the outcome unknown when it is reset after the request was read', async () => {
    const server = await serve((socket) => onRequest(socket, () => socket.resetAndDestroy()));
    expect(await send(clientOf(server.url))).toEqual({ kind: 'unknown', reason: 'ECONNRESET' });
  });

  it('leaves the outcome unknown when it is reset before anything was read', async () => {
    const server = await serve((socket) => {
      socket.pause();
      setTimeout(() => socket.resetAndDestroy(), 50);
    });
    expect(await send(clientOf(server.url))).toEqual({ kind: 'unknown', reason: 'ECONNRESET' });
  });

  it('leaves the outcome unknown when the answer is cut short', async () => {
    const server = await serve((socket) =>
      onRequest(socket, () => socket.end(httpAnswer(200, ACCEPTED.slice(0, 30), { length: ACCEPTED.length }))),
    );
    expect(await send(clientOf(server.url))).toEqual({ kind: 'unknown', reason: 'ANSWER_CUT_SHORT' });
  });

  it('leaves the outcome unknown when the head of the answer is cut short', async () => {
    const server = await serve((socket) => onRequest(socket, () => socket.end('HTTP/1.1 200 OK\r\nContent-Le')));
    expect(await send(clientOf(server.url))).toMatchObject({ kind: 'unknown' });
  });

  it('leaves the outcome unknown when what comes is not HTTP', async () => {
    const server = await serve((socket) => onRequest(socket, () => socket.end('SSH-2.0-server\r\n')));
    expect(await send(clientOf(server.url))).toMatchObject({ kind: 'unknown' });
  });

  it('leaves the outcome unknown when no answer comes in time', async () => {
    const server = await serve((socket) => onRequest(socket, () => undefined));
    expect(await send(clientOf(server.url, 200))).toEqual({ kind: 'unknown', reason: 'TIMEOUT' });
  });

  it('leaves the outcome unknown when the answer drips in for longer than the whole time', async () => {
    const server = await serve((socket) =>
      onRequest(socket, () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${ACCEPTED.length}\r\n\r\n`);
        const drip = setInterval(() => socket.write('{'), 40);
        socket.once('close', () => clearInterval(drip));
      }),
    );
    expect(await send(clientOf(server.url, 300))).toEqual({ kind: 'unknown', reason: 'TIMEOUT' });
  });

  it('leaves the outcome unknown on a kept-alive socket, too', async () => {
    let requests = 0;
    const server = await serve((socket) =>
      onRequest(socket, () => {
        requests += 1;
        if (requests === 1) socket.write(httpAnswer(200, ACCEPTED));
        else socket.resetAndDestroy();
      }),
    );
    const client = clientOf(server.url);
    expect(await send(client)).toMatchObject({ kind: 'accepted' });
    expect(await send(client)).toEqual({ kind: 'unknown', reason: 'ECONNRESET' });
    expect(server.sockets).toHaveLength(1);
  });
});
