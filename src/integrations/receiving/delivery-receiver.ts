import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Encryption } from '../../platform/crypto/encryption.js';
import { unauthorized, validationError } from '../../platform/http/api-error.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import { isRecord } from '../mapping/path.js';
import { judgePayload, onceHashOf } from '../payloads/judge-payload.js';
import { type Delivery, PayloadStore } from '../payloads/payload-store.js';
import { PayloadWorker } from '../payloads/payload-worker.js';
import { type ListenerRow, rulesOf, STORE_SECRET_CONTEXT } from '../store-listener.js';
import { CallLimits } from './call-limits.js';
import { namesOf } from './delivery-names.js';
import { isSigned } from './signatures.js';

/** A call of a listener's public address. */
export interface StoreCall {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** UUID of the request. */
  readonly requestId: string;
}

/** What WooCommerce sends when a webhook is saved: unsigned, to see whether anybody answers. */
const PING = /^webhook_id=\d{1,20}$/;
const LONGEST_PING = 40;

/** Objects and lists inside one another; payloads of stores have some ten. */
const MAX_DEPTH = 100;

/** Takes stores' calls: who signed them, stored as they came, then answered. What is due is done after that. */
@Injectable()
export class DeliveryReceiver {
  constructor(
    private readonly payloads: PayloadStore,
    private readonly worker: PayloadWorker,
    private readonly limits: CallLimits,
    private readonly encryption: Encryption,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Stores a signed payload; when this resolves, it is committed. A ping is answered, and a repeat counted.
   * @returns the sentence of the answer
   * @throws ApiError 401 unless the signature is right, 422 when the body is no JSON object or list, 404 when the listener
   * is gone, 429 when too many wait for the end of its delay, 503 when it could not be stored
   */
  async receive(listener: ListenerRow, { headers, body, requestId }: StoreCall): Promise<string> {
    if (listener.kind === 'woocommerce' && isPing(body)) return 'Ping received successfully';
    this.requireSignature(listener, headers, body);
    const payload = jsonOf(body);
    const names = namesOf(listener.kind, headers, body, payload);
    const delivery = { requestId, body, ...names, waiting: waitingOf(listener, payload) };
    const received = await this.limits.inTurn(listener.id, () => this.payloads.receive(listener, delivery));
    if (received === 'repeat') {
      this.metrics.stores.payloads.inc({ outcome: 'repeat' });
      return 'Payload was received before';
    }
    this.worker.wake();
    return 'Payload received successfully';
  }

  private requireSignature(
    { kind, secret_encrypted: sealed }: ListenerRow,
    headers: IncomingHttpHeaders,
    body: Buffer,
  ): void {
    if (sealed === null) return;
    if (!isSigned(kind, this.encryption.decrypt(sealed, STORE_SECRET_CONTEXT), headers, body)) {
      this.metrics.stores.payloads.inc({ outcome: 'refused_signature' });
      throw unauthorized('The signature is missing, wrong or too old');
    }
  }
}

/** What a payload that waits is known by: which newer ones count instead of it, and whose it is, should they be deleted. */
function waitingOf(listener: ListenerRow, payload: unknown): Delivery['waiting'] {
  if (listener.delay_minutes === 0) return null;
  const { once, phone } = judgePayload(rulesOf(listener), payload);
  return { onceHash: once === null ? null : onceHashOf(once), phone };
}

const isPing = (body: Buffer): boolean => body.length <= LONGEST_PING && PING.test(body.toString('latin1').trim());

/** @throws ApiError 422 */
function jsonOf(body: Buffer): unknown {
  const text = body.toString('utf8');
  if (isTooDeep(text)) throw validationError({ body: [`The body is nested deeper than ${MAX_DEPTH} levels`] });
  let payload: unknown;
  try {
    payload = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw validationError({ body: ['The body is not valid JSON'] });
  }
  if (!isRecord(payload) && !Array.isArray(payload))
    throw validationError({ body: ['The body must be an object or a list'] });
  return payload;
}

/** Looked at before it is parsed: what is nested a hundred thousand times could not be written out again. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inText = false;
  for (let index = 0; index < text.length; index += 1) {
    const token = text[index];
    if (inText) {
      if (token === '\\') index += 1;
      else if (token === '"') inText = false;
    } else if (token === '"') inText = true;
    else if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}
