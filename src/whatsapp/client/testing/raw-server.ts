import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a raw server has read of one HTTP request with a Content-Length. */
export interface RawRequest {
  readonly head: string;
  readonly body: Buffer;
}

/**
 * A TCP server that speaks as much HTTP as the test wants: it calls `handle` for every connection and leaves the rest
 * to it. Port is any free one on loopback.
 */
export class RawServer {
  readonly sockets: Socket[] = [];
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(handle: (socket: Socket) => void): Promise<RawServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const raw = new RawServer(server, `http://127.0.0.1:${port}`);
    server.on('connection', (socket) => {
      raw.sockets.push(socket);
      // A reset by either side is what these tests are about.
      socket.on('error', () => socket.destroy());
      handle(socket);
    });
    return raw;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** Calls `answer` with every whole request that comes in on the socket. */
export function onRequest(socket: Socket, answer: (request: RawRequest) => void): void {
  let read = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    read = Buffer.concat([read, chunk]);
    const end = read.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = read.subarray(0, end).toString('latin1');
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    if (read.length < end + 4 + length) return;
    const body = read.subarray(end + 4, end + 4 + length);
    read = read.subarray(end + 4 + length);
    answer({ head, body });
  });
}

/** An HTTP/1.1 answer as bytes; `length` lies about the body when it is given. */
export function httpAnswer(
  status: number,
  body: string,
  options: { type?: string; length?: number; head?: string } = {},
): string {
  return (
    `HTTP/1.1 ${status} Answer\r\nContent-Type: ${options.type ?? 'application/json'}\r\n` +
    `Content-Length: ${options.length ?? Buffer.byteLength(body)}\r\n${options.head ?? ''}\r\n${body}`
  );
}

export const ACCEPTED = JSON.stringify({
  messaging_product: 'whatsapp',
  contacts: [{ input: '+16505551234', wa_id: '16505551234' }],
  messages: [{ id: 'wamid.HBgLMTY1MDU1NTEyMzQ', message_status: 'accepted' }],
});
