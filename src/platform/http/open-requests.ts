import type { Socket } from 'node:net';
import type { Request, Response } from 'express';

/** The requests that are being answered: what a stopping server waits for. */
export class OpenRequests {
  private readonly open = new Set<Response>();
  private readonly bySocket = new WeakMap<Socket, Response>();
  private closing = false;

  begin(request: Request, response: Response): void {
    this.open.add(response);
    this.bySocket.set(request.socket, response);
    response.once('close', () => this.open.delete(response));
    if (this.closing) response.setHeader('Connection', 'close');
  }

  /** The newest request on this connection, while its answer is not out. */
  on(socket: Socket): Response | undefined {
    const response = this.bySocket.get(socket);
    return response && !response.writableEnded ? response : undefined;
  }

  /** From now on every answer says that its connection ends with it. */
  closeConnections(): void {
    this.closing = true;
    for (const response of this.open) {
      if (!response.headersSent) response.setHeader('Connection', 'close');
    }
  }

  get count(): number {
    return this.open.size;
  }
}
