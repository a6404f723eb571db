import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import axios, { type AxiosInstance } from 'axios';
import { TrackedRequest } from './tracked-request.js';

/** One call. The token goes into the Authorization header and nowhere else. */
export interface GraphCall {
  method: 'GET' | 'POST';
  /** Whole address. */
  url: string;
  accessToken: string;
  body?: Buffer | Readable;
  headers?: Record<string, string>;
  /** Whole time for the call, milliseconds. */
  timeoutMs: number;
  /** Longest answer that is read, bytes. */
  maxAnswerBytes: number;
}

/** An answer was read to its end. */
export interface GraphAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly body: string;
}

/** No whole answer. `written` false: it is certain that no byte of the request left. */
export interface GraphFailure {
  readonly kind: 'failure';
  readonly written: boolean;
  /** A short text without any secret: Node's error code, or ours (TIMEOUT, CONNECT_TIMEOUT, ANSWER_TOO_LONG …). */
  readonly reason: string;
}

/** Idle sockets live this long: shorter than what load balancers keep, so that we close first and reuse is safe. */
export const IDLE_SOCKET_MS = 4000;
const CONNECT_TIMEOUT_MS = 5000;
const MAX_SOCKETS = 2000;

/**
 * HTTP to the Cloud API by axios: kept-alive sockets, newest first (LIFO, so that old ones run into their idle limit);
 * no redirects (a redirected POST could arrive twice, or carry the token to another host), no proxy from the
 * environment, bounded answers, and never an axios error outside: those carry the request's headers and so the token.
 */
export class GraphHttp {
  private readonly agents: [http.Agent, https.Agent];
  private readonly axios: AxiosInstance;

  constructor(options: { connectTimeoutMs?: number; ca?: string } = {}) {
    this.connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    const agentOptions = {
      keepAlive: true,
      timeout: IDLE_SOCKET_MS,
      maxSockets: MAX_SOCKETS,
      maxFreeSockets: MAX_SOCKETS,
      scheduling: 'lifo',
    } as const;
    this.agents = [new http.Agent(agentOptions), new https.Agent({ ...agentOptions, ca: options.ca })];
    this.axios = axios.create({
      adapter: 'http',
      httpAgent: this.agents[0],
      httpsAgent: this.agents[1],
      proxy: false,
      maxRedirects: 0,
      decompress: false,
      maxBodyLength: -1,
      responseType: 'text',
      // Every status is an answer to us, and nobody but us parses the body.
      validateStatus: () => true,
      transformRequest: [(data: unknown) => data],
      transformResponse: [(data: unknown) => data],
    });
  }

  private readonly connectTimeoutMs: number;

  /** Never throws for what the network does. */
  async call(call: GraphCall): Promise<GraphAnswer | GraphFailure> {
    const tracked = new TrackedRequest(this.connectTimeoutMs);
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), call.timeoutMs);
    try {
      const response = await this.axios.request<string>({
        method: call.method,
        url: call.url,
        data: call.body,
        headers: {
          Accept: 'application/json',
          'Accept-Encoding': 'identity',
          ...call.headers,
          Authorization: `Bearer ${call.accessToken}`,
        },
        maxContentLength: call.maxAnswerBytes,
        signal: abort.signal,
        transport: tracked,
      });
      return { kind: 'answer', status: response.status, body: response.data };
    } catch (error) {
      return { kind: 'failure', written: tracked.written, reason: reasonOf(error, tracked, abort.signal) };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes the idle sockets; calls under way end by themselves. */
  close(): void {
    for (const agent of this.agents) agent.destroy();
  }
}

function reasonOf(error: unknown, tracked: TrackedRequest, signal: AbortSignal): string {
  if (signal.aborted) return 'TIMEOUT';
  if (tracked.connectTimedOut) return 'CONNECT_TIMEOUT';
  if (!(error instanceof Error)) return 'FAILED';
  if (error.message.startsWith('maxContentLength')) return 'ANSWER_TOO_LONG';
  if (error.message === 'stream has been aborted') return 'ANSWER_CUT_SHORT';
  return 'code' in error && typeof error.code === 'string' ? error.code : 'FAILED';
}
