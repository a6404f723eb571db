import { FAULTS_KEPT, type ItemFault, type ParsedBody, type WebhookItem } from './items.js';
import { id, list, record, type JsonRecord } from './json.js';
import { parseAccountChange } from './parse-account-change.js';
import { parseCall } from './parse-call.js';
import { parseMessage, parseSenders, type NumberAddress } from './parse-message.js';
import { parsePreference } from './parse-preference.js';
import { parseStatus } from './parse-status.js';

const ID_LENGTH = 64;

/**
 * Takes a raw webhook body apart. Never throws: what cannot be read becomes a fault of its own, and the rest of the
 * body counts. Source of the shapes: WhatsApp, "Webhooks reference".
 */
export function parseBody(body: Uint8Array): ParsedBody {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch (error) {
    // A syntax error; its text would quote the body.
    const reason = `not JSON (${error instanceof Error ? error.name : 'not readable'})`;
    return { items: [], faults: [{ at: '', kind: 'body', reason }], faultCount: 1, ignored: new Map() };
  }
  const reading = new BodyReading();
  reading.read(parsed);
  return reading;
}

class BodyReading implements ParsedBody {
  readonly items: WebhookItem[] = [];
  readonly faults: ItemFault[] = [];
  faultCount = 0;
  readonly ignored = new Map<string, number>();

  read(parsed: unknown): void {
    const body = record(parsed);
    if (!body || !Array.isArray(body.entry)) {
      this.fault('', 'body', 'no entries');
      return;
    }
    if (body.object !== 'whatsapp_business_account') {
      this.ignore('object');
      return;
    }
    list(body.entry).forEach((entry, index) => this.readEntry(record(entry), `entry.${index}`));
  }

  private readEntry(entry: JsonRecord | null, at: string): void {
    const wabaId = id(entry?.id, ID_LENGTH);
    if (!entry || !wabaId) {
      this.fault(at, 'entry', 'no account id');
      return;
    }
    list(entry.changes).forEach((change, index) => this.readChange(record(change), `${at}.changes.${index}`, wabaId));
  }

  private readChange(change: JsonRecord | null, at: string, wabaId: string): void {
    const field = change?.field;
    if (!change || typeof field !== 'string') {
      this.fault(at, 'change', 'no field');
      return;
    }
    if (field === 'messages' || field === 'calls' || field === 'user_preferences') {
      this.readOfNumber(record(change.value), at, wabaId);
      return;
    }
    const item = parseAccountChange(field, change.value, at, wabaId);
    if (item) this.items.push(item);
    else this.ignore('account_field');
  }

  /** Messages, statuses, calls and preferences come with the number that they are about. */
  private readOfNumber(value: JsonRecord | null, at: string, wabaId: string): void {
    const phoneNumberId = id(record(value?.metadata)?.phone_number_id, ID_LENGTH);
    if (!value || !phoneNumberId) {
      this.fault(at, 'change', 'no phone number id');
      return;
    }
    const address: NumberAddress = { wabaId, phoneNumberId };
    const senders = parseSenders(value.contacts);
    const messages = list(value.messages);
    const statuses = list(value.statuses);
    messages.forEach((message, index) => {
      const place = `${at}.messages.${index}`;
      this.take('message', place, parseMessage(message, place, address, senders));
    });
    statuses.forEach((status, index) => {
      const place = `${at}.statuses.${index}`;
      this.take('status', place, parseStatus(status, place, address));
    });
    const calls = list(value.calls);
    calls.forEach((call, index) => {
      const place = `${at}.calls.${index}`;
      this.take('call', place, parseCall(call, place, address, senders));
    });
    const preferences = list(value.user_preferences);
    preferences.forEach((preference, index) => {
      const place = `${at}.user_preferences.${index}`;
      this.take('preference', place, parsePreference(preference, place, address));
    });
    // `errors` alone reports a problem of the system; sends meet it as the answer to their own calls.
    if ([messages, statuses, calls, preferences].every(({ length }) => length === 0))
      this.ignore('value_without_items');
  }

  private take(kind: string, at: string, item: WebhookItem | string | null): void {
    if (item === null) this.ignore(kind);
    else if (typeof item === 'string') this.fault(at, kind, item);
    else this.items.push(item);
  }

  private fault(at: string, kind: string, reason: string): void {
    this.faultCount += 1;
    if (this.faults.length < FAULTS_KEPT) this.faults.push({ at, kind, reason });
  }

  private ignore(kind: string): void {
    this.ignored.set(kind, (this.ignored.get(kind) ?? 0) + 1);
  }
}
