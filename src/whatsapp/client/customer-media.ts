import http from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import axios, { type AxiosInstance } from 'axios';
import { Settings } from '../../platform/config/settings.js';
import { readGraphError, type GraphError } from './graph-error.js';
import { GraphHttp, IDLE_SOCKET_MS } from './graph-http.js';
import { isRecord, readJson, textOrNull } from './read-json.js';

/** A file that WhatsApp keeps for us, and the address that hands it over for 5 minutes. */
export interface DescribedMedia {
  readonly kind: 'described';
  readonly url: string;
  readonly mimeType: string | null;
  /** As WhatsApp says; null when it does not. */
  readonly sizeBytes: number | null;
  /** SHA-256 as WhatsApp writes it: hex or Base64. */
  readonly sha256: string | null;
}

/** WhatsApp said no. */
export interface MediaRefused {
  readonly kind: 'refused';
  readonly status: number;
  readonly error: GraphError | null;
}

/** No answer, or one that says nothing: another try may go better. */
export interface MediaUnanswered {
  readonly kind: 'unanswered';
  readonly reason: string;
}

export interface MediaRequest {
  readonly mediaId: string;
  /** WhatsApp checks that the file came to this number. */
  readonly phoneNumberId: string;
  readonly accessToken: string;
}

const MAX_ANSWER_BYTES = 64 * 1024;
/** A download may take this much longer than other calls: 256 KiB a second. */
const BYTES_PER_MS = 256;
const REDIRECTS_AND_ERRORS = 300;

/** Fetches what customers sent: `GET /{media_id}`, then its address, both with the number's access token. */
@Injectable()
export class CustomerMedia implements OnModuleDestroy {
  private readonly graph = new GraphHttp();
  private readonly agents: [http.Agent, https.Agent];
  private readonly axios: AxiosInstance;
  private readonly root: string;
  private readonly timeoutMs: number;

  constructor(settings: Settings) {
    this.root = `${settings.WHATSAPP_API_BASE_URL.replace(/\/+$/, '')}/${settings.WHATSAPP_API_VERSION}`;
    this.timeoutMs = settings.WHATSAPP_TIMEOUT_MS;
    const options = { keepAlive: true, timeout: IDLE_SOCKET_MS, scheduling: 'lifo' } as const;
    this.agents = [new http.Agent(options), new https.Agent(options)];
    this.axios = axios.create({
      adapter: 'http',
      httpAgent: this.agents[0],
      httpsAgent: this.agents[1],
      proxy: false,
      // The token must not go where a redirect points.
      maxRedirects: 0,
      decompress: false,
      responseType: 'stream',
      validateStatus: () => true,
    });
  }

  /** Asks for a new address of the file. */
  async describe({
    mediaId,
    phoneNumberId,
    accessToken,
  }: MediaRequest): Promise<DescribedMedia | MediaRefused | MediaUnanswered> {
    const number = encodeURIComponent(phoneNumberId);
    const outcome = await this.graph.call({
      method: 'GET',
      url: `${this.root}/${encodeURIComponent(mediaId)}?phone_number_id=${number}`,
      accessToken,
      timeoutMs: this.timeoutMs,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    });
    if (outcome.kind === 'failure') return { kind: 'unanswered', reason: outcome.reason };
    const body = readJson(outcome.body);
    const url = isRecord(body) && outcome.status === 200 ? textOrNull(body.url) : null;
    if (isRecord(body) && url !== null && this.isTrusted(url)) {
      const size = Number(body.file_size);
      return {
        kind: 'described',
        url,
        mimeType: textOrNull(body.mime_type),
        sizeBytes: Number.isSafeInteger(size) && size > 0 ? size : null,
        sha256: textOrNull(body.sha256),
      };
    }
    const error = readGraphError(body, outcome.status) ?? null;
    if (error === null && (outcome.status < 400 || outcome.status >= 500)) {
      return { kind: 'unanswered', reason: `NOT_UNDERSTOOD (HTTP ${outcome.status})` };
    }
    return { kind: 'refused', status: outcome.status, error };
  }

  /**
   * Opens the file. Whoever reads it counts the bytes, and ends the stream when there are too many.
   * @param sizeBytes what is expected, for the time that the whole download may take
   */
  async open(
    url: string,
    accessToken: string,
    { sizeBytes, signal }: { sizeBytes: number; signal: AbortSignal },
  ): Promise<{ kind: 'opened'; content: Readable } | MediaRefused | MediaUnanswered> {
    const whole = AbortSignal.any([signal, AbortSignal.timeout(this.timeoutMs + Math.ceil(sizeBytes / BYTES_PER_MS))]);
    try {
      const { status, data } = await this.axios.request<Readable>({
        method: 'GET',
        url,
        headers: { Authorization: `Bearer ${accessToken}`, 'Accept-Encoding': 'identity' },
        signal: whole,
      });
      if (status === 200) return { kind: 'opened', content: data };
      data.destroy();
      if (status >= REDIRECTS_AND_ERRORS && status < 500) return { kind: 'refused', status, error: null };
      return { kind: 'unanswered', reason: `HTTP ${status}` };
    } catch (error) {
      // Never axios' own error: it carries the request's headers, and so the token.
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      return { kind: 'unanswered', reason: typeof code === 'string' ? code : 'FAILED' };
    }
  }

  onModuleDestroy(): void {
    this.graph.close();
    for (const agent of this.agents) agent.destroy();
  }

  /** The token goes out in clear only where the operator's own setting says so. */
  private isTrusted(url: string): boolean {
    if (!URL.canParse(url)) return false;
    const { protocol } = new URL(url);
    return protocol === 'https:' || (protocol === 'http:' && this.root.startsWith('http:'));
  }
}
