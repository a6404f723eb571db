import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * One request of Node's HTTP client, watched on its way out: {@link written} tells whether any byte of it may have
 * left this machine. Handed to axios as its `transport`, which takes what `http.request` gives.
 *
 * - A new socket sends nothing before it is connected (with TLS: before the handshake is done and the certificate
 *   accepted); Node keeps the request until then.
 * - A kept-alive socket has written earlier requests: its `bytesWritten` is compared with what stood there when this
 *   request got the socket.
 * - When the kernel refuses the very first write (the other side has already reset an idle socket), Node has counted
 *   the bytes although none left. Node reports such a failure in the same turn in which it writes, so a look right
 *   after the first write tells it apart from every later fault.
 */
export class TrackedRequest {
  private socket?: Socket;
  private bytesBefore = 0;
  private ready = false;
  private firstWriteRefused = false;
  private answered = false;
  private connectTimer?: NodeJS.Timeout;
  private timedOutConnecting = false;

  constructor(private readonly connectTimeoutMs: number) {}

  /** True when name resolution, connecting and TLS took longer than allowed. */
  get connectTimedOut(): boolean {
    return this.timedOutConnecting;
  }

  /** Whether bytes of this request may have left. False is certain, true is not. */
  get written(): boolean {
    if (this.answered) return true;
    if (!this.socket || !this.ready || this.firstWriteRefused) return false;
    return this.socket.bytesWritten > this.bytesBefore;
  }

  request(options: RequestOptions, onResponse: (response: IncomingMessage) => void): ClientRequest {
    const request = (options.protocol === 'https:' ? https : http).request(options, (response) => {
      this.answered = true;
      onResponse(response);
    });
    this.connectTimer = setTimeout(() => {
      this.timedOutConnecting = true;
      request.destroy();
    }, this.connectTimeoutMs);
    request.once('socket', (socket) => this.watch(socket));
    request.once('close', () => clearTimeout(this.connectTimer));
    return request;
  }

  // Runs before Node writes the request: 'socket' is emitted first, the output is flushed right after it.
  private watch(socket: Socket): void {
    this.socket = socket;
    if (isReady(socket)) {
      this.bytesBefore = socket.bytesWritten;
      this.markReady(socket);
    } else {
      socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => this.markReady(socket));
    }
  }

  private markReady(socket: Socket): void {
    this.ready = true;
    if (socket instanceof TLSSocket) handshaken.add(socket);
    clearTimeout(this.connectTimer);
    process.nextTick(() => {
      this.firstWriteRefused = socket.errored !== null && !this.answered;
    });
  }
}

/**
 * TLS sockets whose handshake was seen to end. `authorized` alone does not tell: with a check of certificates that is
 * turned off (NODE_TLS_REJECT_UNAUTHORIZED) it stays false on a socket that works.
 */
const handshaken = new WeakSet<TLSSocket>();

const isReady = (socket: Socket): boolean =>
  socket instanceof TLSSocket ? socket.authorized || handshaken.has(socket) : !socket.connecting;
