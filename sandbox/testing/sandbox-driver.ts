import { isFields, type Fields } from '../graph/read-params.js';
import { startSandbox, type Sandbox } from '../server.js';
import type { SandboxSettings } from '../settings.js';

export interface Answer {
  readonly status: number;
  readonly body: Fields;
  readonly text: string;
}

/** One message of type text, as most specs send it. */
export const TEXT = { type: 'text', text: { body: 'Hello' } };
export const CUSTOMER = '+16505551234';

/** A sandbox of its own, spoken to over HTTP only. */
export class SandboxDriver {
  private constructor(readonly sandbox: Sandbox) {}

  static async start(settings: Partial<SandboxSettings> = {}): Promise<SandboxDriver> {
    return new SandboxDriver(await startSandbox({ port: 0, ...settings }));
  }

  get url(): string {
    return this.sandbox.url;
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return readAnswer(response);
  }

  /** A control call that has to succeed. */
  async control(method: string, path: string, body?: unknown): Promise<Fields> {
    const answer = await this.call(method, `/control${path}`, body);
    if (answer.status >= 300) throw new Error(`${method} /control${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** A new account with one phone number. */
  async account(options: { account?: Fields; number?: Fields } = {}): Promise<AccountDriver> {
    const created = await this.control('POST', '/accounts', {
      ...options.account,
      phone_numbers: [options.number ?? {}],
    });
    return new AccountDriver(this, created);
  }

  close(): Promise<void> {
    return this.sandbox.close();
  }
}

/** An account with its first phone number. */
export class AccountDriver {
  readonly wabaId: string;
  readonly appId: string;
  readonly appSecret: string;
  readonly token: string;
  readonly numberId: string;

  constructor(
    readonly driver: SandboxDriver,
    readonly created: Fields,
  ) {
    this.wabaId = String(created['waba_id']);
    this.appId = String(created['app_id']);
    this.appSecret = String(created['app_secret']);
    this.token = String(created['access_token']);
    const [number] = Array.isArray(created['phone_numbers']) ? created['phone_numbers'].filter(isFields) : [];
    this.numberId = String(number?.['phone_number_id']);
  }

  get authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.token}` };
  }

  graph(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.driver.call(method, `/v26.0${path}`, body, this.authorization);
  }

  send(message: Fields): Promise<Answer> {
    return this.graph('POST', `/${this.numberId}/messages`, {
      messaging_product: 'whatsapp',
      to: CUSTOMER,
      ...message,
    });
  }

  /** Sends and gives the wamid. */
  async accepted(message: Fields): Promise<string> {
    const answer = await this.send(message);
    const [first] = Array.isArray(answer.body['messages']) ? answer.body['messages'].filter(isFields) : [];
    if (answer.status !== 200 || first === undefined) throw new Error(`not accepted: ${answer.text}`);
    return String(first['id']);
  }

  async upload(bytes: Buffer, mimeType: string, name = 'file'): Promise<Answer> {
    const form = new FormData();
    form.set('messaging_product', 'whatsapp');
    form.set('type', mimeType);
    form.set('file', new Blob([new Uint8Array(bytes)], { type: mimeType }), name);
    const response = await fetch(`${this.driver.url}/v26.0/${this.numberId}/media`, {
      method: 'POST',
      headers: this.authorization,
      body: form,
    });
    return readAnswer(response);
  }

  number(method: string, path: string, body?: unknown): Promise<Fields> {
    return this.driver.control(method, `/phone_numbers/${this.numberId}${path}`, body);
  }

  inbound(message: Fields = {}): Promise<Fields> {
    return this.number('POST', '/inbound', { from: CUSTOMER, text: 'Hi', ...message });
  }

  advance(seconds: number): Promise<Fields> {
    return this.driver.control('POST', '/clock', { waba_id: this.wabaId, advance_s: seconds });
  }

  freeze(): Promise<Fields> {
    return this.driver.control('POST', '/clock', { waba_id: this.wabaId, frozen: true });
  }

  /** Resolves when every status is out and every webhook was taken. */
  idle(): Promise<Fields> {
    return this.driver.control('GET', `/wait?kind=idle&waba_id=${this.wabaId}&timeout_ms=20000`);
  }

  /** The record of an accepted message. */
  async message(wamid: string): Promise<Fields> {
    const found = await this.driver.control('GET', `/messages?phone_number_id=${this.numberId}&wamid=${query(wamid)}`);
    const [message] = Array.isArray(found['data']) ? found['data'].filter(isFields) : [];
    if (message === undefined) throw new Error(`no message ${wamid}`);
    return message;
  }

  /** The statuses a message got, in the order they left. */
  async statuses(wamid: string): Promise<string[]> {
    const { statuses } = await this.message(wamid);
    return Array.isArray(statuses) ? statuses.filter(isFields).map((one) => String(one['status'])) : [];
  }
}

/** The error code of a Graph answer; null when it is none. */
export function errorCode(answer: Answer): number | null {
  const error = answer.body['error'];
  return isFields(error) ? Number(error['code']) : null;
}

export function query(text: string): string {
  return encodeURIComponent(text);
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  let body: unknown = {};
  if (response.headers.get('content-type')?.startsWith('application/json')) body = JSON.parse(text);
  return { status: response.status, body: isFields(body) ? body : {}, text };
}
