import { connect, type Socket } from 'node:net';

/** A connection that speaks whatever bytes a specification wants, and collects what comes back. */
export class RawConnection {
  received = '';
  private readonly closed: Promise<void>;

  private constructor(readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.received += text;
      socket.emit('grown');
    });
    // A reset is one of the ways in which a server may end a connection.
    socket.on('error', () => socket.destroy());
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawConnection(socket);
  }

  send(text: string): void {
    this.socket.write(text);
  }

  /** Everything that came until the server closed the connection. */
  async untilClosed(): Promise<string> {
    await this.closed;
    return this.received;
  }

  /** Waits until the answer holds the text. */
  async until(text: string): Promise<string> {
    while (!this.received.includes(text)) {
      if (this.socket.destroyed) throw new Error(`closed before ${JSON.stringify(text)}: ${this.received}`);
      await Promise.race([new Promise((resolve) => this.socket.once('grown', resolve)), this.closed]);
    }
    return this.received;
  }
}

/** The JSON body of a raw answer. */
export const bodyOf = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
