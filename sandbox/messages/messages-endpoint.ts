import { phoneDigits } from './phone-text.js';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerAfter, answerJson, strikeBefore } from '../faults/faulty-answer.js';
import { readToken, requireAccess } from '../graph/authorize.js';
import { GraphError, objectNotFound } from '../graph/graph-error.js';
import { parseJson, readBody } from '../graph/read-body.js';
import { isFields } from '../graph/read-params.js';
import type { MediaLibrary } from '../media/media-library.js';
import type { RequestRecorder } from '../record/request-recorder.js';
import type { RequestRecord } from '../record/records.js';
import type { PhoneNumber } from '../world/phone-number.js';
import type { World } from '../world/world.js';
import { acceptMessage } from './accept-message.js';
import type { MessageDelivery } from './delivery.js';
import { parseMessage } from './parse-message.js';

/** An answer that waits for its webhook waits no longer than this. */
const ANSWER_AFTER_WEBHOOK_MAX_MS = 10_000;

/**
 * `POST /{phone_number_id}/messages`. It works on the bare request, without the web framework, because it
 * is the one call that must be cheap.
 */
export class MessagesEndpoint {
  constructor(
    private readonly world: World,
    private readonly library: MediaLibrary,
    private readonly delivery: MessageDelivery,
    private readonly recorder: RequestRecorder,
  ) {}

  /** Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse, phoneNumberId: string): Promise<void> {
    const number = this.world.numbers.get(phoneNumberId);
    let record: RequestRecord | null = null;
    try {
      const text = await readBody(request);
      if (text === null) return;
      const facts = glance(text);
      record = this.recorder.begin(request, number ?? null, text, facts);
      const token = readToken(this.world, request);
      if (number === undefined) throw objectNotFound(phoneNumberId, 'POST');
      requireAccess(token, number.account, 'whatsapp_business_messaging', phoneNumberId, 'POST');
      await this.#process(number, facts, record, response);
    } catch (error) {
      this.#refuse(error, record, response);
    }
  }

  async #process(number: PhoneNumber, facts: Glance, record: RequestRecord, response: ServerResponse): Promise<void> {
    const fault = number.faults.take('messages', facts.to, facts.type, number.random);
    if (fault !== null) {
      record.fault = fault.kind;
      const answered = await strikeBefore(fault, response);
      if (answered !== null) {
        this.recorder.finish(record, answered === 0 ? 'dropped' : 'rejected', answered === 0 ? null : answered, null);
        return;
      }
    }
    if (facts.failed !== null) throw facts.failed;
    const parsed = parseMessage(facts.body, number.countryCode);
    if (parsed.kind === 'mark_read') {
      const inbound = number.findInbound(parsed.messageId);
      if (inbound === undefined) throw new GraphError(131009, 'The message to mark as read does not exist.');
      inbound.read_at ??= number.account.clock.now();
      this.recorder.finish(record, 'answered', 200, null);
      await answerAfter(fault, response, '{"success":true}');
      return;
    }
    const accepted = acceptMessage(this.world, this.library, number, parsed, record.body);
    record.wamid = accepted.message.wamid;
    this.recorder.finish(record, 'accepted', fault?.kind === 'accept_then_drop' ? null : 200, null);
    if (this.world.journal.hasListeners) {
      this.world.journal.publish({ kind: 'message', seq: accepted.message.seq, message: accepted.message });
    }
    const error = fault?.kind === 'error' ? new GraphError(fault.code, fault.details) : accepted.error;
    const order = { number, message: accepted.message, error, holdMs: accepted.holdMs };
    if (number.behaviour.answer_after_webhook) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ANSWER_AFTER_WEBHOOK_MAX_MS);
        this.delivery.start({
          ...order,
          onFirstStatus: () => {
            clearTimeout(timer);
            resolve();
          },
        });
      });
    } else {
      this.delivery.start({ ...order, onFirstStatus: null });
    }
    await answerAfter(fault, response, JSON.stringify(accepted.answer));
  }

  #refuse(error: unknown, record: RequestRecord | null, response: ServerResponse): void {
    const graphError = error instanceof GraphError ? error : new GraphError(131000, String(error));
    if (record !== null) this.recorder.finish(record, 'rejected', graphError.http, graphError.code);
    answerJson(response, graphError.http, JSON.stringify(graphError.body()));
  }
}

/** What faults and the record go by, read without judging. */
export interface Glance {
  readonly body: unknown;
  readonly failed: GraphError | null;
  readonly to: string | null;
  readonly type: string | null;
  readonly opaque: string | null;
}

function glance(text: string): Glance {
  let body: unknown;
  try {
    body = parseJson(text);
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    return { body: null, failed: error, to: null, type: null, opaque: null };
  }
  if (!isFields(body)) return { body, failed: null, to: null, type: null, opaque: null };
  const { to, recipient, type, status, biz_opaque_callback_data: opaque } = body;
  const target = typeof to === 'string' && to !== '' ? phoneDigits(to) : recipient;
  return {
    body,
    failed: null,
    to: typeof target === 'string' ? target : null,
    type: typeof type === 'string' ? type : typeof status === 'string' ? 'mark_read' : null,
    opaque: typeof opaque === 'string' ? opaque : null,
  };
}
