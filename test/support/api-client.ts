/** An answer of the API: its envelope, with what tests look at. */
export interface ApiAnswer {
  status: number;
  headers: Headers;
  body: {
    success: boolean;
    data: Record<string, unknown> | null;
    message?: string;
    error?: { code: string; message: string; details?: Record<string, unknown> };
    meta: { request_id: string; timestamp: string };
  };
}

/** A file of a form. */
export interface FormFile {
  bytes: Uint8Array;
  name: string;
  type: string;
}

export type FormFields = Record<string, string | number | FormFile | FormFile[] | undefined>;

/** Calls the API with one tenant's token. */
export class ApiClient {
  constructor(
    readonly url: string,
    readonly token: string,
  ) {}

  /** POST /messages/media as a multipart form. */
  sendMedia(fields: FormFields, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<ApiAnswer> {
    return this.postForm('/api/v2/messages/media', fields, headers, signal);
  }

  /** POST of a multipart form. */
  postForm(
    path: string,
    fields: FormFields,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<ApiAnswer> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) {
      for (const part of Array.isArray(value) ? value : [value]) {
        if (part === undefined) continue;
        if (typeof part === 'object') {
          form.append(name, new Blob([new Uint8Array(part.bytes)], { type: part.type }), part.name);
        } else {
          form.append(name, String(part));
        }
      }
    }
    return this.request('POST', path, { body: form, headers, signal });
  }

  /** POST /messages/{kind} as JSON. */
  send(kind: string, fields: unknown, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    return this.request('POST', `/api/v2/messages/${kind}`, {
      body: JSON.stringify(fields),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  getMessage(id: number | string): Promise<ApiAnswer> {
    return this.request('GET', `/api/v2/messages/${encodeURIComponent(id)}`);
  }

  /** A call with a JSON body. */
  json(method: string, path: string, body: unknown): Promise<ApiAnswer> {
    return this.request(method, `/api/v2/${path}`, {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  }

  async request(
    method: string,
    path: string,
    options: { body?: RequestInit['body']; headers?: Record<string, string>; signal?: AbortSignal } = {},
  ): Promise<ApiAnswer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      body: options.body,
      signal: options.signal,
      headers: { authorization: `Bearer ${this.token}`, ...options.headers },
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as ApiAnswer['body'],
    };
  }
}
