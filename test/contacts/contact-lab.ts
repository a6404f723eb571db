import type { ApiAnswer } from '../support/api-client.js';
import type { TestTenant } from '../support/tenant.js';

/** A contact as the API answers it. */
export interface Contact {
  id: number;
  firstname: string;
  phone: string | null;
  is_opted_out: boolean;
  group_id: number[];
  created_at: string;
  groups?: { id: number; name: string }[];
}

/** What a contact needs, with what a test gives it. */
const contactBody = ({ defaults }: TestTenant, fields: Record<string, unknown> & { phone: string }) => ({
  firstname: 'Mona',
  lastname: 'Ali',
  type: 'lead',
  source_id: defaults.sourceId,
  status_id: defaults.statusId,
  ...fields,
});

/** A tenant's contacts, by the API. */
export class ContactLab {
  private one: Promise<Contact> | undefined;

  constructor(private readonly tenant: TestTenant) {}

  body(fields: Record<string, unknown> & { phone: string }) {
    return contactBody(this.tenant, fields);
  }

  post(fields: Record<string, unknown> & { phone: string }): Promise<ApiAnswer> {
    return this.tenant.api.json('POST', 'contacts', this.body(fields));
  }

  async create(fields: Record<string, unknown> & { phone: string }): Promise<Contact> {
    const { status, body } = await this.post(fields);
    if (status !== 201) throw new Error(`a contact was not created: ${JSON.stringify(body)}`);
    return body.data as unknown as Contact;
  }

  /** The id of a contact that is there. */
  async existing(): Promise<number> {
    this.one ??= this.create({ phone: '201999999999' });
    return (await this.one).id;
  }

  update(id: number, changes: unknown): Promise<ApiAnswer> {
    return this.tenant.api.json('PATCH', `contacts/${id}`, changes);
  }

  get(id: number): Promise<ApiAnswer> {
    return this.tenant.api.request('GET', `/api/v2/contacts/${id}`);
  }

  batch(contacts: unknown, options?: unknown): Promise<ApiAnswer> {
    return this.tenant.api.json('POST', 'contacts/batch', { contacts, options });
  }

  /** The id of a new group. */
  async group(name: string): Promise<number> {
    const { status, body } = await this.tenant.api.json('POST', 'groups', { name });
    if (status !== 201) throw new Error(`a group was not created: ${JSON.stringify(body)}`);
    return Number(body.data?.id);
  }

  /** How many contacts count in the plan. */
  async counted(): Promise<number> {
    const [row] = await this.tenant.rows<{ contact_count: number }>('SELECT contact_count FROM tenants WHERE id = $1', [
      this.tenant.id,
    ]);
    return row?.contact_count ?? -1;
  }
}
