import type { ApiAnswer, FormFields } from '../support/api-client.js';
import { NO_PAIR_LIMIT, TestTenant, type TenantOptions } from '../support/tenant.js';

type Json = Record<string, unknown>;

const PATH = '/api/v2/messages/template';

/** As long as a call may wait: also on a busy machine the answer is WhatsApp's. */
const PATIENT = { prefer: 'wait=30' };

/** A template as the sandbox takes it. */
export interface SandboxTemplate {
  name: string;
  components: Json[];
  language?: string;
  category?: string;
  parameter_format?: 'NAMED' | 'POSITIONAL';
  status?: string;
}

/** A tenant of its own with templates that were synced. */
export class TemplateLab {
  private constructor(readonly tenant: TestTenant) {}

  static async create(templates: readonly SandboxTemplate[] = [], options: TenantOptions = {}): Promise<TemplateLab> {
    const tenant = await TestTenant.create({
      throughput: 1000,
      ...options,
      sandboxNumber: { ...NO_PAIR_LIMIT, ...options.sandboxNumber },
    });
    const lab = new TemplateLab(tenant);
    await lab.add(...templates);
    return lab;
  }

  /** Makes templates at WhatsApp, and syncs. */
  async add(...templates: readonly SandboxTemplate[]): Promise<void> {
    for (const template of templates) await this.tenant.control.call('POST', this.path(), template);
    const { status } = await this.tenant.api.request('POST', '/api/v2/templates/sync');
    expect(status).toBe(200);
  }

  path(rest = ''): string {
    return `/accounts/${this.tenant.wabaId}/templates${rest}`;
  }

  /** Sends as JSON. */
  send(name: string, fields: Json = {}, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    return this.tenant.api.request('POST', PATH, {
      body: JSON.stringify({ phone: '201001234567', template_name: name, language: 'en_US', ...fields }),
      headers: { 'content-type': 'application/json', ...PATIENT, ...headers },
    });
  }

  /** Sends as a form. */
  sendForm(name: string, fields: FormFields = {}): Promise<ApiAnswer> {
    return this.tenant.api.postForm(
      PATH,
      { phone: '201001234567', template_name: name, language: 'en_US', ...fields },
      PATIENT,
    );
  }

  /** The `template` object of what WhatsApp got for a message that was sent. */
  async sent(answer: ApiAnswer): Promise<Json> {
    expect({ status: answer.status, error: answer.body.error }).toEqual({ status: 200, error: undefined });
    expect(answer.body.data).toMatchObject({ status: 'sent' });
    const [request] = await this.tenant.control.requests(this.tenant.phoneNumberId, {
      wamid: String(answer.body.data?.message_id),
    });
    const body = JSON.parse(request?.body ?? 'null') as { template?: Json } | null;
    if (!body?.template) throw new Error('WhatsApp got no template');
    return body.template;
  }

  /** The stored message. */
  async message(answer: ApiAnswer): Promise<Json> {
    const id = answer.body.data?.chat_message_id ?? answer.body.error?.details?.chat_message_id;
    const [row] = await this.tenant.rows('SELECT * FROM messages WHERE tenant_id = $1 AND id = $2', [
      this.tenant.id,
      id,
    ]);
    if (!row) throw new Error(`there is no message ${String(id)}`);
    return row;
  }

  close(): Promise<void> {
    return this.tenant.close();
  }
}
