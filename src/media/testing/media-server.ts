import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A web server on loopback from which specifications download media. */
export class MediaServer {
  readonly requests: IncomingMessage[] = [];
  private readonly answers = new Map<string, Answer>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(): Promise<MediaServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const media = new MediaServer(server, (server.address() as AddressInfo).port);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      media.requests.push(request);
      const answer = media.answers.get((request.url ?? '').split('?', 1)[0] ?? '');
      if (answer) answer(request, response);
      else response.writeHead(404).end('not here');
    });
    return media;
  }

  /** Resolves once no connection is open any more. */
  async idle(): Promise<void> {
    while ((await this.connections()) > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  on(path: string, answer: Answer): string {
    this.answers.set(path, answer);
    return this.url(path);
  }

  /** Serves a file. */
  file(path: string, content: Buffer, headers: Record<string, string> = {}): string {
    return this.on(path, (_request, response) => response.writeHead(200, headers).end(content));
  }

  redirect(path: string, to: string, status = 302): string {
    return this.on(path, (_request, response) => response.writeHead(status, { Location: to }).end());
  }

  url(path: string, host = '127.0.0.1'): string {
    return `http://${host}:${this.port}${path}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  }
}
