/** An account in the sandbox, as its control API answers it. */
export interface SandboxAccount {
  waba_id: string;
  app_id: string;
  app_secret: string;
  access_token: string;
  phone_numbers: { phone_number_id: string; display_phone_number: string }[];
}

/** A message as the sandbox saw it. */
export interface SandboxMessage {
  seq: number;
  wamid: string;
  phone_number_id: string;
  at: number;
  wa_id: string | null;
  user_id: string;
  type: string;
  biz_opaque_callback_data: string | null;
  body: string | null;
  media: {
    kind: string;
    source: 'link' | 'id';
    link: string | null;
    mime_type: string | null;
    file_size: number | null;
    sha256: string | null;
  } | null;
  statuses: { status: string; at: number; error_code: number | null; delivered_at: number | null }[];
  error_code: number | null;
}

/** A request to the Cloud API as the sandbox saw it. */
export interface SandboxRequest {
  seq: number;
  at: number;
  method: string;
  path: string;
  to: string | null;
  outcome: 'accepted' | 'rejected' | 'answered' | 'dropped';
  http_status: number | null;
  error_code: number | null;
  wamid: string | null;
  fault: string | null;
  body: string | null;
}

/** How often messages of a number were accepted, by the message part of their opaque data (`m=<id>`). */
export interface AcceptedCounts {
  total: number;
  distinct: number;
  without_opaque: number;
  duplicates: Record<string, number>;
  counts: Record<string, number>;
}

/** A one-time code that a phone was sent: what its button copies, and the text around it. */
export interface SandboxCode {
  wamid: string;
  at: number;
  to: string;
  code: string;
  text: string;
}

type Json = Record<string, unknown>;

/** The sandbox's control API (see sandbox/README.md). */
export class SandboxControl {
  constructor(readonly url: string) {}

  defaults(): Promise<SandboxAccount> {
    return this.call<SandboxAccount>('GET', '/defaults');
  }

  setCallback(appId: string, callbackUrl: string, verifyToken = 'test-verify-token'): Promise<Json> {
    return this.call('PUT', `/apps/${appId}/callback`, {
      callback_url: callbackUrl,
      verify_token: verifyToken,
      handshake: true,
    });
  }

  createApp(app: {
    callback_url: string;
    verify_token: string;
    app_secret?: string;
  }): Promise<{ app_id: string; app_secret: string }> {
    return this.call('POST', '/apps', app);
  }

  createAccount(account: { app_id: string; name?: string; phone_numbers: Json[] }): Promise<SandboxAccount> {
    return this.call<SandboxAccount>('POST', '/accounts', { subscribed: true, ...account });
  }

  changeNumber(phoneNumberId: string, changes: Json): Promise<Json> {
    return this.call('PATCH', `/phone_numbers/${phoneNumberId}`, changes);
  }

  /** A customer writes in. Answers the wamid and its timestamp in Unix seconds. */
  inbound(
    phoneNumberId: string,
    message: Json,
  ): Promise<{ message_id: string; wa_id: string | null; user_id: string; timestamp: string }> {
    return this.call('POST', `/phone_numbers/${phoneNumberId}/inbound`, message);
  }

  /** Opens a customer's service window without a webhook. */
  openWindow(phoneNumberId: string, from: string): Promise<Json> {
    return this.call('POST', `/phone_numbers/${phoneNumberId}/window`, { from });
  }

  addFault(phoneNumberId: string, fault: Json): Promise<Json> {
    return this.call('POST', `/phone_numbers/${phoneNumberId}/faults`, fault);
  }

  clearFaults(phoneNumberId: string): Promise<Json> {
    return this.call('DELETE', `/phone_numbers/${phoneNumberId}/faults`);
  }

  async messages(phoneNumberId: string, query: Record<string, string> = {}): Promise<SandboxMessage[]> {
    const search = new URLSearchParams({ phone_number_id: phoneNumberId, limit: '100000', ...query });
    return (await this.call<{ data: SandboxMessage[] }>('GET', `/messages?${search.toString()}`)).data;
  }

  async requests(phoneNumberId: string, query: Record<string, string> = {}): Promise<SandboxRequest[]> {
    const search = new URLSearchParams({ phone_number_id: phoneNumberId, limit: '100000', ...query });
    return (await this.call<{ data: SandboxRequest[] }>('GET', `/requests?${search.toString()}`)).data;
  }

  /** One-time codes as the phones show them, the oldest first. */
  async codes(phoneNumberId: string, query: Record<string, string> = {}): Promise<SandboxCode[]> {
    const search = new URLSearchParams({ phone_number_id: phoneNumberId, limit: '100000', ...query });
    return (await this.call<{ data: SandboxCode[] }>('GET', `/codes?${search.toString()}`)).data;
  }

  counts(phoneNumberId: string): Promise<AcceptedCounts> {
    return this.call<AcceptedCounts>('GET', `/messages/counts?phone_number_id=${phoneNumberId}`);
  }

  stats(phoneNumberId: string): Promise<{ max_accepted_per_sliding_second: number; accepted: number }> {
    return this.call('GET', `/phone_numbers/${phoneNumberId}/stats`);
  }

  /** Waits for events (message, status, inbound, request, webhook_delivered, idle); fails when they do not come. */
  wait(query: Record<string, string>): Promise<Json> {
    return this.call('GET', `/wait?${new URLSearchParams({ timeout_ms: '30000', ...query }).toString()}`);
  }

  async call<T = Json>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.url}/control${path}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`sandbox ${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
