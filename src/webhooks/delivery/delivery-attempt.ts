import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { EndpointSecrets, type SealedEndpoint } from '../endpoints/endpoint-secrets.js';
import { retryAfterMs } from './retry-schedule.js';
import { signatureHeaders } from './signature.js';
import { WebhookHttp } from './webhook-http.js';

/** Where a delivery goes. */
export interface AttemptEndpoint extends SealedEndpoint {
  readonly url: string;
}

/** What is delivered. */
export interface AttemptEvent {
  /** `evt_…`, the `webhook-id`. */
  readonly eventId: string;
  /** The request's body, to the byte. */
  readonly payload: string;
}

/** What was sent beside the payload. The values of the tenant's own headers are left out: they may be secrets. */
export interface SentRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What became of one attempt. */
export interface AttemptResult {
  readonly outcome: 'delivered' | 'failed';
  readonly at: Date;
  readonly request: SentRequest;
  /** HTTP status; null: no answer. */
  readonly status: number | null;
  readonly body: string | null;
  /** Why it failed, as a sentence for the tenant; null when it did not. */
  readonly error: string | null;
  readonly durationMs: number;
  readonly retryAfterMs: number | null;
  /** 410: the receiver wants no more. */
  readonly gone: boolean;
  readonly timedOut: boolean;
  /** 429: the receiver wants less at once. */
  readonly throttled: boolean;
}

const USER_AGENT = 'rasl-webhooks/1';
const HIDDEN = '***';
/** Statuses whose `Retry-After` counts. */
const WITH_RETRY_AFTER = [429, 503];

/** What few answers say. */
const QUIET = { retryAfterMs: null, gone: false, timedOut: false, throttled: false } as const;

/** An attempt that ended in the platform, before there was a request. */
export const notSent = ({ url }: Pick<AttemptEndpoint, 'url'>, error: string): AttemptResult => ({
  ...QUIET,
  outcome: 'failed',
  at: new Date(),
  request: { url, headers: {} },
  status: null,
  body: null,
  error,
  durationMs: 0,
});

/** Makes single attempts: signs, sends, and says what became of it. */
@Injectable()
export class DeliveryAttempt {
  constructor(
    private readonly http: WebhookHttp,
    private readonly secrets: EndpointSecrets,
    private readonly clock: Clock,
  ) {}

  /**
   * Sends an event once. Never throws for what the network or the receiver does.
   * @throws DecryptionError when the endpoint's secrets cannot be opened
   */
  async make(endpoint: AttemptEndpoint, event: AttemptEvent): Promise<AttemptResult> {
    const at = this.clock.now();
    const own = this.secrets.headersOf(endpoint);
    const ours = headersOf(event, at, this.secrets.secretsOf(endpoint, at));
    const answer = await this.http.post({ url: endpoint.url, headers: { ...own, ...ours }, body: event.payload });
    const hidden = Object.fromEntries(Object.keys(own).map((name) => [name, HIDDEN]));
    const request = { url: endpoint.url, headers: { ...hidden, ...ours } };
    const { durationMs } = answer;
    if (answer.kind === 'silence') {
      const { reason: error, timedOut } = answer;
      return { ...QUIET, outcome: 'failed', at, request, status: null, body: null, error, durationMs, timedOut };
    }
    const { status, body } = answer;
    if (status >= 200 && status < 300) {
      return { ...QUIET, outcome: 'delivered', at, request, status, body, error: null, durationMs };
    }
    return {
      ...QUIET,
      outcome: 'failed',
      at,
      request,
      status,
      body,
      error: errorOf(status),
      durationMs,
      retryAfterMs: WITH_RETRY_AFTER.includes(status) ? retryAfterMs(answer.retryAfter, this.clock.now()) : null,
      gone: status === 410,
      throttled: status === 429,
    };
  }
}

function headersOf({ eventId, payload }: AttemptEvent, at: Date, secrets: readonly string[]): Record<string, string> {
  const requestId = requestIdOf(payload);
  return {
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
    ...signatureHeaders({ eventId, at, payload }, secrets),
    ...(requestId === null ? {} : { 'x-request-id': requestId }),
  };
}

/** `metadata.request_id` of the documented payload: the request that caused the event. */
function requestIdOf(payload: string): string | null {
  const event: unknown = JSON.parse(payload);
  if (!isObject(event) || !('metadata' in event) || !isObject(event.metadata)) return null;
  const { metadata } = event;
  return 'request_id' in metadata && typeof metadata.request_id === 'string' ? metadata.request_id : null;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function errorOf(status: number): string {
  if (status >= 300 && status < 400) return `The receiver answered with a redirect (HTTP ${status}); none is followed.`;
  if (status === 410) return 'The receiver answered HTTP 410: it wants no more webhooks.';
  return `The receiver answered HTTP ${status}.`;
}
