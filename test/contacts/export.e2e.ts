import { insertChat, insertMessage } from '../support/stored-messages.js';
import { TestTenant } from '../support/tenant.js';
import { ContactLab } from './contact-lab.js';

interface PersonalExport {
  contact: Record<string, unknown>;
  opt_outs: Record<string, unknown>;
  chats: { id: number; number: string }[];
  messages: { id: number; chat_id: number; body: string; content: object; media: object | null }[];
  audit: { action: string; fields: string[] | null }[];
}

/** Real processes: API, Postgres. */
describe('exports of contacts', () => {
  let tenant: TestTenant;
  beforeEach(async () => {
    tenant = await TestTenant.create();
  });
  afterEach(() => tenant.close());

  const download = (path: string) =>
    fetch(`${tenant.api.url}/api/v2/contacts/${path}`, { headers: { authorization: `Bearer ${tenant.api.token}` } });

  async function personal(id: number): Promise<PersonalExport> {
    const { status, body } = await tenant.api.request('GET', `/api/v2/contacts/${id}/export`);
    expect({ status, message: body.message }).toEqual({ status: 200, message: 'Contact exported successfully' });
    expect(Object.keys(body.meta ?? {})).toEqual(['request_id', 'timestamp']);
    return body.data as unknown as PersonalExport;
  }

  it('are a file of all, in several steps, guarded against formulas', async () => {
    await tenant.rows(
      `INSERT INTO contacts (tenant_id, firstname, lastname, type, phone)
       SELECT $1, 'N' || n, 'Ali', 'lead', (201200000000 + n)::text FROM generate_series(1, 2000) n`,
      [tenant.id],
    );
    await tenant.insertContact({ phone: '201300000000', firstname: '=HYPERLINK("x")', lastname: 'two\nlines;"b"' });
    const response = await download('export');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="contacts.csv"');
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from('\ufeff'));
    const lines = bytes.toString().trimEnd().split('\r\n');
    expect(lines).toHaveLength(2002);
    expect(lines[0]).toContain('id,firstname,lastname,phone,type,');
    expect(lines[2000]).toContain(',N2000,Ali,201200002000,lead,');
    expect(lines[2001]).toContain(`,"'=HYPERLINK(""x"")","two\nlines;""b""",201300000000,lead,`);
  });

  it('are a header alone where nobody is', async () => {
    expect((await (await download('export')).text()).split('\r\n')).toEqual([expect.stringContaining('id,'), '']);
  });

  it('hold all of one person, and of nobody else', async () => {
    const lab = new ContactLab(tenant);
    const { id } = await lab.create({ phone: '201500000001', email: 'mona@example.com' });
    const other = await lab.create({ phone: '201500000002' });
    await lab.update(id, { city: 'Cairo' });
    await lab.update(other.id, { city: 'Giza' });
    const groupId = await lab.group('VIP');
    await tenant.api.json('POST', `groups/${groupId}/contacts`, { contact_ids: [other.id, id] });
    await tenant.api.json('POST', `contacts/${id}/opt-out`, {});
    const found = await personal(id);
    expect(found).toMatchObject({
      contact: { id, phone: '201500000001', email: 'mona@example.com', city: 'Cairo', source: { name: 'API' } },
      opt_outs: { is_opted_out: true },
      chats: [],
      messages: [],
    });
    expect(found.contact.groups).toEqual([{ id: groupId, name: 'VIP' }]);
    expect(found.audit.map(({ action, fields }) => [action, fields])).toEqual([
      ['contact.opted_out', null],
      ['group.contacts_added', null],
      ['contact.updated', ['city']],
      ['contact.created', null],
    ]);
    expect(JSON.stringify(found)).not.toContain('201500000002');
    const stranger = await TestTenant.create({ withoutNumber: true });
    expect(await stranger.api.request('GET', `/api/v2/contacts/${id}/export`)).toMatchObject({ status: 404 });
    await stranger.close();
  });

  it('hold any number of messages and of changes, in order, and no code that still has to leave', async () => {
    const { chatId, contactId } = await insertChat(tenant, { phone: '201600000001' });
    const other = await insertChat(tenant, { phone: '201600000002' });
    await insertMessage(tenant, { ...other, body: "somebody else's" });
    await tenant.rows(
      `INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, phone, body)
       SELECT $1, $2, $3, $4, 'inbound', 'text', 'received', '201600000001', 'text ' || n
         FROM generate_series(1, 1000) n ORDER BY n`,
      [tenant.id, tenant.numberId, chatId, contactId],
    );
    await tenant.rows(
      `INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, body, content)
       VALUES ($1, $2, $3, $4, 'outbound', 'template', 'queued', '******', '{"sealed":"secret","template":"code"}')`,
      [tenant.id, tenant.numberId, chatId, contactId],
    );
    await tenant.rows(
      `INSERT INTO audit (tenant_id, action, subject_ids, details)
       SELECT $1, 'contact.updated', ARRAY[$2::bigint], jsonb_build_object('fields', jsonb_build_array(n::text))
         FROM generate_series(1, 1001) n ORDER BY n`,
      [tenant.id, contactId],
    );
    const { chats, messages, audit } = await personal(contactId);
    expect(chats).toMatchObject([{ id: chatId, number: tenant.phoneNumberId }]);
    expect(messages.slice(0, -1).map(({ body }) => body)).toEqual(
      Array.from({ length: 1000 }, (_, n) => `text ${n + 1}`),
    );
    expect(messages.at(-1)).toMatchObject({ body: '******', content: { template: 'code' }, media: null });
    expect(JSON.stringify(messages)).not.toContain('secret');
    expect(audit.map(({ fields }) => Number(fields?.[0]))).toEqual(Array.from({ length: 1001 }, (_, n) => 1001 - n));
  });
});
