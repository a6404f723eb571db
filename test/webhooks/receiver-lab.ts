import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { eventually } from '../support/eventually.js';

/** One request that a receiver got. */
export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** performance.now() of its arrival. */
  at: number;
}

/** How a receiver answers: a status, or by hand. */
export type Behaviour = number | ((request: Received, response: ServerResponse) => void);

/** A tenant's program: a server on loopback that remembers what it got. */
export class Receiver {
  readonly received: Received[] = [];
  private behaviour: Behaviour = 200;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const received = { path: request.url ?? '', headers: request.headers, body, at: performance.now() };
        receiver.received.push(received);
        const { behaviour } = receiver;
        if (typeof behaviour === 'number') response.writeHead(behaviour).end('thank you');
        else behaviour(received, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  behaves(behaviour: Behaviour): void {
    this.behaviour = behaviour;
  }

  /** Waits until it has got so many requests. */
  async count(least: number, path = ''): Promise<Received[]> {
    return eventually(`${least} requests`, () => {
      const found = this.received.filter((one) => one.path.startsWith(path));
      return found.length >= least ? found : undefined;
    });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** What a receiver with only the public library makes of a request. @throws WebhookVerificationError */
export const verified = (secret: string, { body, headers }: Received): unknown =>
  new Webhook(secret).verify(body, headers as Record<string, string>);
