import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { readGraphError } from './graph-error.js';
import { GraphHttp, type GraphAnswer, type GraphFailure } from './graph-http.js';
import { MediaForm, type MediaFile } from './media-form.js';
import type { MarkReadPayload, MessagePayload } from './payloads.js';
import { isRecord, readJson, textOrNull } from './read-json.js';
import type { MarkReadResult, NotWritten, Refused, SendResult, UnknownOutcome, UploadResult } from './send-result.js';

const MAX_ANSWER_BYTES = 256 * 1024;
/** An upload may take this much longer than other calls: 256 KiB a second. */
const UPLOAD_BYTES_PER_MS = 256;
const JSON_HEADERS = { 'Content-Type': 'application/json' };

export interface SendRequest {
  phoneNumberId: string;
  accessToken: string;
  payload: MessagePayload;
}

export interface MarkReadRequest {
  phoneNumberId: string;
  accessToken: string;
  /** A message that the customer sent to this number; it and all before it become read. */
  wamid: string;
}

export interface UploadRequest {
  phoneNumberId: string;
  accessToken: string;
  file: MediaFile;
}

/**
 * The Cloud API's calls that belong to one phone number. The outcome of every call is a value, never an exception:
 *
 * - accepted: 200 with a wamid;
 * - refused: any answer with a Graph error body, whatever its status;
 * - not_written: no byte left (DNS, refused, TLS, connect time-out, a dead idle socket): safe to repeat;
 * - unknown: everything else once bytes left: time-out, reset, a cut or overlong answer, HTML, JSON that is neither a
 *   message nor a Graph error, and any redirect (it is not followed, and who sent it may have passed the request on).
 */
@Injectable()
export class CloudApiClient implements OnModuleDestroy {
  private readonly http = new GraphHttp();
  private readonly root: string;
  private readonly timeoutMs: number;

  constructor(settings: Settings) {
    this.root = `${settings.WHATSAPP_API_BASE_URL.replace(/\/+$/, '')}/${settings.WHATSAPP_API_VERSION}`;
    this.timeoutMs = settings.WHATSAPP_TIMEOUT_MS;
  }

  /** POST /{phone_number_id}/messages, once. */
  async sendMessage({ phoneNumberId, accessToken, payload }: SendRequest): Promise<SendResult> {
    const outcome = await this.postJson(phoneNumberId, accessToken, payload);
    if (outcome.kind === 'failure') return withoutAnswer(outcome);
    const body = readJson(outcome.body);
    const refused = refusal(body, outcome);
    if (refused) return refused;
    const message: unknown = isRecord(body) && Array.isArray(body.messages) ? body.messages[0] : undefined;
    const wamid = isRecord(message) ? textOrNull(message.id) : null;
    if (outcome.status !== 200 || !isRecord(body) || !isRecord(message) || wamid === null)
      return notUnderstood(outcome);
    const contact: unknown = Array.isArray(body.contacts) ? body.contacts[0] : undefined;
    return {
      kind: 'accepted',
      wamid,
      ...(isRecord(contact) && typeof contact.wa_id === 'string' ? { waId: contact.wa_id } : {}),
      ...(isRecord(contact) && typeof contact.user_id === 'string' ? { userId: contact.user_id } : {}),
      ...(typeof message.message_status === 'string' ? { messageStatus: message.message_status } : {}),
    };
  }

  /** POST /{phone_number_id}/messages with `status: read`: shows the customer the blue ticks. Repeating it is harmless. */
  async markRead({ phoneNumberId, accessToken, wamid }: MarkReadRequest): Promise<MarkReadResult> {
    const payload: MarkReadPayload = { messaging_product: 'whatsapp', status: 'read', message_id: wamid };
    const outcome = await this.postJson(phoneNumberId, accessToken, payload);
    if (outcome.kind === 'failure') return withoutAnswer(outcome);
    const body = readJson(outcome.body);
    if (outcome.status === 200 && isRecord(body) && body.success === true) return { kind: 'marked' };
    return refusal(body, outcome) ?? notUnderstood(outcome);
  }

  /**
   * POST /{phone_number_id}/media: hands a file over, streamed. The media id belongs to this number and lives 30 days.
   * Repeating an upload is harmless (WhatsApp then keeps two copies).
   * @throws what the file's own stream throws: that is no outcome of WhatsApp
   */
  async uploadMedia({ phoneNumberId, accessToken, file }: UploadRequest): Promise<UploadResult> {
    const form = new MediaForm(file);
    const outcome = await this.http.call({
      method: 'POST',
      url: `${this.root}/${encodeURIComponent(phoneNumberId)}/media`,
      accessToken,
      body: form.stream(),
      headers: form.headers,
      timeoutMs: this.timeoutMs + file.sizeBytes / UPLOAD_BYTES_PER_MS,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    });
    if (form.sourceError) throw form.sourceError;
    if (outcome.kind === 'failure') return withoutAnswer(outcome);
    const body = readJson(outcome.body);
    const mediaId = outcome.status === 200 && isRecord(body) ? textOrNull(body.id) : null;
    if (mediaId !== null) return { kind: 'uploaded', mediaId };
    return refusal(body, outcome) ?? notUnderstood(outcome);
  }

  onModuleDestroy(): void {
    this.http.close();
  }

  private postJson(
    phoneNumberId: string,
    accessToken: string,
    payload: MessagePayload | MarkReadPayload,
  ): Promise<GraphAnswer | GraphFailure> {
    return this.http.call({
      method: 'POST',
      url: `${this.root}/${encodeURIComponent(phoneNumberId)}/messages`,
      accessToken,
      body: Buffer.from(JSON.stringify(payload)),
      headers: JSON_HEADERS,
      timeoutMs: this.timeoutMs,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    });
  }
}

function withoutAnswer(failure: GraphFailure): NotWritten | UnknownOutcome {
  return { kind: failure.written ? 'unknown' : 'not_written', reason: failure.reason };
}

function refusal(body: unknown, answer: GraphAnswer): Refused | undefined {
  const error = readGraphError(body, answer.status);
  return error && { kind: 'refused', ...error };
}

function notUnderstood(answer: GraphAnswer): UnknownOutcome {
  return { kind: 'unknown', reason: `NOT_UNDERSTOOD (HTTP ${answer.status})` };
}
