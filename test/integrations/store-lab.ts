import { createHmac, randomInt, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { TemplateLab } from '../messages/template-lab.js';
import type { ApiAnswer } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import type { TestTenant, TenantOptions } from '../support/tenant.js';

type Json = Record<string, unknown>;

/** A listener as its create answered it. */
export interface Listener {
  id: number;
  key: string;
  kind: string;
}

/** A payload as the list shows it. */
export interface Payload extends Json {
  id: number;
  status: string;
  repeats: number;
  message_id: number | null;
  reason: { code: string; message: string; details?: Json } | null;
}

/** What a store's call was answered. */
export interface Answer {
  status: number;
  headers: Headers;
  body: ApiAnswer['body'];
}

export const SECRET = 'a store secret: with spaces, ü and more';
export const STANDARD_SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

export const ORDER_TEMPLATE = {
  name: 'order_paid',
  category: 'UTILITY',
  components: [
    {
      type: 'BODY',
      text: 'Hello {{1}}, your order {{2}} of {{3}} is paid.',
      example: { body_text: [['Mona', '727', '29.35 USD']] },
    },
  ],
};

export const ORDER_MAPPING = {
  phone: '$.billing.phone',
  field_1: '$.billing.first_name',
  field_2: '$.number',
  field_3: '${$.total} ${$.currency}',
  'contact.firstname': '$.billing.first_name',
  'contact.lastname': '$.billing.last_name',
};

const PATH = 'integrations/ecommerce';

/** A tenant with an approved template, whose stores call. */
export class StoreLab {
  private constructor(private readonly templates: TemplateLab) {}

  static async create(options: TenantOptions = {}): Promise<StoreLab> {
    return new StoreLab(await TemplateLab.create([ORDER_TEMPLATE], options));
  }

  get tenant(): TestTenant {
    return this.templates.tenant;
  }

  get lab(): TemplateLab {
    return this.templates;
  }

  /** An Egyptian number that nobody else has, as it is dialled there and as digits. */
  phone(): { local: string; digits: string } {
    const rest = randomInt(10_000_000, 99_999_999);
    return { local: `010${rest}`, digits: `2010${rest}` };
  }

  /** A listener of WooCommerce for paid orders, unless `fields` say otherwise. */
  async listener(fields: Json = {}): Promise<Listener> {
    const answer = await this.post({ ...this.fields(), ...fields });
    expect({ status: answer.status, error: answer.body.error }).toEqual({ status: 201, error: undefined });
    return answer.body.data as unknown as Listener;
  }

  fields(): Json {
    return {
      kind: 'woocommerce',
      name: 'Paid orders',
      secret: SECRET,
      template_name: ORDER_TEMPLATE.name,
      language: 'en_US',
      mapping: ORDER_MAPPING,
      default_country: '$.billing.country',
    };
  }

  post(fields: Json): Promise<ApiAnswer> {
    return this.tenant.api.json('POST', PATH, fields);
  }

  get(rest: string): Promise<ApiAnswer> {
    return this.tenant.api.request('GET', `/api/v2/${PATH}${rest}`);
  }

  async dryRun({ id }: Listener, payload: Json): Promise<Json> {
    const answer = await this.tenant.api.json('POST', `${PATH}/${id}/dry-run`, payload);
    expect(answer.status).toBe(200);
    return answer.body.data ?? {};
  }

  /** A call of a listener's address, with these bytes and headers alone. */
  async call(key: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.tenant.api.url}/api/v2/${PATH}/${key}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : new Uint8Array(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as ApiAnswer['body'] };
  }

  /** A delivery as the listener's store signs it. */
  deliver(listener: Listener, payload: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return this.call(listener.key, body, { ...signed(listener.kind, body), ...headers });
  }

  async payloads({ id }: Listener): Promise<Payload[]> {
    return (await this.get(`/${id}/payloads`)).body.data as unknown as Payload[];
  }

  /** The listener's newest payload, once something has become of it. */
  settled(listener: Listener): Promise<Payload> {
    return eventually('a payload being settled', async () => {
      const [newest] = await this.payloads(listener);
      return newest && newest.status !== 'received' ? newest : undefined;
    });
  }

  /** The listener's payloads, the newest first, once something has become of all so many. */
  allSettled(listener: Listener, count: number): Promise<Payload[]> {
    return eventually('all payloads being settled', async () => {
      const all = await this.payloads(listener);
      return all.length === count && all.every(({ status }) => status !== 'received') ? all : undefined;
    });
  }

  /** Delivers, and waits for what becomes of it. */
  async outcome(listener: Listener, payload: unknown): Promise<Payload> {
    expect((await this.deliver(listener, payload)).status).toBe(200);
    return this.settled(listener);
  }

  /** The tenant's messages, the oldest first. */
  messages(): Promise<{ id: number; phone: string; body: string; token_id: number | null }[]> {
    return this.tenant.rows('SELECT id::int, phone, body, token_id FROM messages WHERE tenant_id = $1 ORDER BY id', [
      this.tenant.id,
    ]);
  }

  retry(payloadId: number | string): Promise<ApiAnswer> {
    return this.tenant.api.request('POST', `/api/v2/${PATH}/payloads/${payloadId}/retry`);
  }

  /** A payload that was taken and is not worked off for an hour; {@link due} ends that. */
  async waiting({ id }: Listener, payload: unknown): Promise<number> {
    const body = Buffer.from(JSON.stringify(payload));
    const [row] = await this.tenant.rows<{ id: number }>(
      `INSERT INTO store_payloads (tenant_id, listener_id, request_id, body, size_bytes, next_at)
       VALUES ($1, $2, gen_random_uuid(), $3, $4, now() + interval '1 hour') RETURNING id::int`,
      [this.tenant.id, id, body, body.length],
    );
    if (!row) throw new Error('no payload was stored');
    return row.id;
  }

  /** Its time has come. */
  async due(payloadId: number): Promise<void> {
    await this.tenant.rows(
      `UPDATE store_payloads SET next_at = now() - interval '1 second' WHERE id = $1 AND next_at IS NOT NULL`,
      [payloadId],
    );
  }

  close(): Promise<void> {
    return this.templates.close();
  }
}

/** The headers of a delivery that is signed as its kind of store does it; each is another one. */
export function signed(kind: string, body: string): Record<string, string> {
  const hmac = createHmac('sha256', SECRET).update(body).digest('base64');
  const id = randomUUID();
  if (kind === 'woocommerce') {
    return {
      'x-wc-webhook-signature': hmac,
      'x-wc-webhook-delivery-id': id,
      'x-wc-webhook-topic': 'order.updated',
    };
  }
  if (kind === 'shopify') {
    return { 'x-shopify-hmac-sha256': hmac, 'x-shopify-event-id': id, 'x-shopify-topic': 'orders/create' };
  }
  const at = new Date();
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(STANDARD_SECRET).sign(id, at, body),
  };
}
