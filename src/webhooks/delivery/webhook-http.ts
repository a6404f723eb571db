import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { HostRefusedError } from '../../platform/public-hosts/host-addresses.js';
import { EndpointHosts } from './endpoint-hosts.js';

/** Of an answer's body so much is kept. */
export const KEPT_BYTES = 1024;
/** A body up to here is read to its end, so that its connection can be used again; of a longer one the connection is closed. */
const READ_BYTES = 64 * 1024;
/** Idle connections live this long: shorter than what servers keep, so that we close first. */
const IDLE_SOCKET_MS = 4000;
/** Of one host; what more was needed in a rush is closed. */
const IDLE_SOCKETS = 10;

/** One call of an endpoint. */
export interface EndpointCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The receiver answered. */
export interface EndpointAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The beginning of the body, up to KEPT_BYTES. */
  readonly body: string;
  readonly durationMs: number;
}

/** It did not. */
export interface EndpointSilence {
  readonly kind: 'silence';
  /** The whole time passed. */
  readonly timedOut: boolean;
  /** A sentence for the tenant; it names no address of our network. */
  readonly reason: string;
  readonly durationMs: number;
}

/** What the tenant is told of Node's error codes; others are named as they are. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'The connection was refused.',
  ECONNRESET: 'The connection was closed without an answer.',
  EPIPE: 'The connection was closed without an answer.',
  EHOSTUNREACH: 'The host cannot be reached.',
  ENETUNREACH: 'The host cannot be reached.',
  ETIMEDOUT: 'The connection could not be made in time.',
  CERT_HAS_EXPIRED: 'The TLS certificate has expired.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The TLS certificate is self-signed.',
  SELF_SIGNED_CERT_IN_CHAIN: 'The TLS certificate is signed by an unknown authority.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'The TLS certificate is signed by an unknown authority.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'The TLS certificate is signed by an unknown authority.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The TLS certificate is for another host.',
};

/**
 * HTTP to tenants' endpoints: kept-alive connections, to addresses that were checked for this very connection
 * ({@link EndpointHosts}), with the certificate checked; no proxy from the environment, no redirects, bounded answers.
 */
@Injectable()
export class WebhookHttp implements OnApplicationShutdown {
  private readonly plain: http.Agent;
  private readonly secure: https.Agent;
  private readonly timeoutMs: number;

  constructor(
    settings: Settings,
    private readonly hosts: EndpointHosts,
  ) {
    const options = {
      keepAlive: true,
      timeout: IDLE_SOCKET_MS,
      maxFreeSockets: IDLE_SOCKETS,
      scheduling: 'lifo',
    } as const;
    this.plain = new http.Agent(options);
    this.secure = new https.Agent({ ...options, rejectUnauthorized: true });
    this.timeoutMs = settings.WEBHOOK_TIMEOUT_MS;
  }

  /** Also closes connections in use: when whoever uses them has ended. */
  onApplicationShutdown(): void {
    this.plain.destroy();
    this.secure.destroy();
  }

  /** Never throws for what the network or the receiver does. */
  async post(call: EndpointCall): Promise<EndpointAnswer | EndpointSilence> {
    const begin = performance.now();
    const elapsed = (): number => Math.round(performance.now() - begin);
    const signal = AbortSignal.timeout(this.timeoutMs);
    try {
      const url = new URL(call.url);
      // The setting may have changed since the endpoint was stored.
      if (!this.hosts.mayBeNamed(url)) throw new HostRefusedError("The URL's host has an address that is not public.");
      const answer = await this.answerTo(url, call, signal);
      const body = await beginningOf(answer);
      const retryAfter = answer.headers['retry-after'];
      return { kind: 'answer', status: answer.statusCode ?? 0, retryAfter, body, durationMs: elapsed() };
    } catch (error) {
      const timedOut = signal.aborted;
      const reason = timedOut ? `No answer within ${this.timeoutMs / 1000} seconds.` : reasonOf(error);
      return { kind: 'silence', timedOut, reason, durationMs: elapsed() };
    }
  }

  /** A connection that the receiver closed while it was idle is no failure: the request is written to a new one. */
  private async answerTo(url: URL, call: EndpointCall, signal: AbortSignal): Promise<IncomingMessage> {
    for (;;) {
      const request = this.request(url, call, signal);
      try {
        return await answerOf(request);
      } catch (error) {
        if (signal.aborted || !request.reusedSocket || codeOf(error) !== 'ECONNRESET') throw error;
      }
    }
  }

  private request(url: URL, { headers, body }: EndpointCall, signal: AbortSignal): http.ClientRequest {
    const options = {
      method: 'POST',
      lookup: this.hosts.lookupFor(url),
      signal,
      maxHeaderSize: 16 * 1024,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    };
    const request =
      url.protocol === 'https:'
        ? https.request(url, { ...options, agent: this.secure })
        : http.request(url, { ...options, agent: this.plain });
    request.end(body);
    return request;
  }
}

const answerOf = (request: http.ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request
      .on('response', resolve)
      .on('error', reject)
      // Without a listener Node drops the socket of a 101 and tells nobody.
      .on('upgrade', (_answer, socket) => {
        socket.destroy();
        reject(new Error('The server switches to another protocol.'));
      });
  });

/** The status counts, whatever becomes of the body: one that breaks off, or does not end in time, is kept as far as it came. */
const beginningOf = (answer: IncomingMessage): Promise<string> =>
  new Promise((resolve) => {
    const kept: Buffer[] = [];
    let length = 0;
    answer
      .on('data', (chunk: Buffer) => {
        if (length < KEPT_BYTES) kept.push(chunk.subarray(0, KEPT_BYTES - length));
        length += chunk.length;
        if (length > READ_BYTES) answer.destroy();
      })
      // An answer that breaks off says so here, and then it is closed like any other.
      .on('error', () => answer.destroy())
      .on('close', () => resolve(storable(Buffer.concat(kept))));
  });

/** As Postgres takes it: UTF-8 without NUL. A character that was cut in two at the end is left out. */
const storable = (bytes: Buffer): string =>
  bytes
    .toString('utf8')
    .replaceAll('\0', '')
    .replace(/\ufffd$/, '');

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

function reasonOf(error: unknown): string {
  if (error instanceof HostRefusedError) return error.message;
  const cause: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = codeOf(cause);
  if (code === undefined) return 'The request failed.';
  if (code.startsWith('HPE_')) return 'The answer is no HTTP.';
  return REASONS[code] ?? `The connection failed (${code}).`;
}
