import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * Everything that a Redis is told from now on, as MONITOR prints it. By a socket of its own: ioredis takes lines that
 * come together with the answer to MONITOR, as they do on a busy server, for answers to commands that it never sent.
 */
export class RedisMonitor {
  private printed = '';

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => (this.printed += text));
  }

  static async start(url: string): Promise<RedisMonitor> {
    const { hostname, port, password } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const monitor = new RedisMonitor(socket);
    socket.write(`${password ? `AUTH ${decodeURIComponent(password)}\r\n` : ''}MONITOR\r\n`);
    const answers = password ? '+OK\r\n+OK\r\n' : '+OK\r\n';
    while (!monitor.printed.startsWith(answers)) {
      if (/^-/m.test(monitor.printed)) throw new Error(`Redis refuses: ${monitor.printed}`);
      await once(socket, 'data');
    }
    return monitor;
  }

  get told(): string {
    return this.printed;
  }

  stop(): void {
    this.socket.destroy();
  }
}
