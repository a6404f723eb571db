import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/**
 * Stands before a server, so that a test can take it away from one process alone: `cut` refuses and closes
 * connections, `freeze` leaves them open and passes nothing on, `restore` ends both.
 */
export class TcpProxy {
  private readonly pairs = new Set<[Socket, Socket]>();
  private state: 'open' | 'cut' | 'frozen' = 'open';

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @param target URL of the server; the proxy's `url` is the same with the proxy's port */
  static async before(target: string): Promise<TcpProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy got no port');
    const url = new URL(target);
    url.hostname = '127.0.0.1';
    url.port = String(address.port);
    const proxy = new TcpProxy(server, url.toString());
    server.on('connection', (client) => proxy.join(client, connect(Number(port), hostname)));
    return proxy;
  }

  cut(): void {
    this.state = 'cut';
    this.closeAll();
  }

  freeze(): void {
    this.state = 'frozen';
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  restore(): void {
    this.state = 'open';
    for (const pair of this.pairs) for (const socket of pair) socket.resume();
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.closeAll();
    await closed;
  }

  private closeAll(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  private join(client: Socket, server: Socket): void {
    const pair: [Socket, Socket] = [client, server];
    this.pairs.add(pair);
    const end = (): void => {
      this.pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      // A reset ends the pair as well as a close does.
      from.on('error', end).on('close', end);
      from.on('data', (bytes: Buffer) => to.write(bytes));
    }
    if (this.state === 'cut') end();
    if (this.state === 'frozen') for (const socket of pair) socket.pause();
  }
}
