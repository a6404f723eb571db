import { TEMPLATE_LIST } from '../../src/templates/list/template-list.js';
import { getList, refusedBy } from '../support/list-client.js';
import { TestTenant } from '../support/tenant.js';

interface Template {
  id: number;
  template_id: string;
  template_name: string;
  language: string;
  status: string;
}

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('GET /templates', () => {
  let tenant: TestTenant;
  let stranger: TestTenant;
  beforeAll(async () => {
    [tenant, stranger] = await Promise.all([TestTenant.create(), TestTenant.create()]);
    for (const one of [tenant, stranger]) {
      const { status } = await one.api.request('POST', '/api/v2/templates/sync');
      expect(status).toBe(200);
    }
  });
  afterAll(() => Promise.all([tenant.close(), stranger.close()]));

  const templates = async (query = '', of = tenant): Promise<Template[]> =>
    (await getList<Template>(of.api, 'templates', query)).items;
  const names = async (query: string): Promise<string[]> =>
    (await templates(query)).map(({ template_name }) => template_name);

  it('lists the templates by name, with every documented field', async () => {
    const items = await templates();
    expect(items.map(({ template_name }) => template_name)).toEqual([
      'hello',
      'order_update',
      'summer_sale',
      'verification_code',
      'winter_sale',
    ]);
    for (const item of items) expect(Object.keys(item)).toEqual(TEMPLATE_LIST.fields);
    expect(items[3]).toMatchObject({
      category: 'AUTHENTICATION',
      add_security_recommendation: true,
      code_expiration_minutes: 10,
      otp_button_config: { otp_type: 'COPY_CODE', text: 'Copy code' },
    });
  });

  it.each([
    ['filter[status]=APPROVED', ['hello', 'order_update', 'summer_sale', 'verification_code']],
    ['filter[status]=paused', ['winter_sale']],
    ['filter[status][ne]=APPROVED', ['winter_sale']],
    ['filter[category]=MARKETING', ['summer_sale', 'winter_sale']],
    ['filter[category][in]=AUTHENTICATION,UTILITY', ['hello', 'order_update', 'verification_code']],
    ['filter[language]=en_US&filter[template_name]=hello', ['hello']],
    ['filter[language]=en-US&filter[template_name]=hello', ['hello']],
    ['filter[language]=de', []],
    ['filter[template_name][like]=sale', ['summer_sale', 'winter_sale']],
    ['search=SALE', ['summer_sale', 'winter_sale']],
    ['q=authentic', ['verification_code']],
    ['sort=-template_name&per_page=2', ['winter_sale', 'verification_code']],
    ['sort=-created_at,template_name&per_page=1&page=2', ['order_update']],
  ])('understands %s', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  it('pages by cursor, and shows the fields that were asked for', async () => {
    const first = await getList<Template>(tenant.api, 'templates', 'per_page=3&fields=template_name,status');
    expect(first.items[0]).toEqual({ template_name: 'hello', status: 'APPROVED' });
    expect(first.pagination).toMatchObject({ total: 5, last_page: 2, from: 1, to: 3 });
    const rest = await getList<Template>(tenant.api, 'templates', `cursor=${first.pagination.next_cursor}`);
    expect(rest.items.map(({ template_name }) => template_name)).toEqual(['verification_code', 'winter_sale']);
    expect(await refusedBy(stranger.api, 'templates', `cursor=${first.pagination.next_cursor}`)).toHaveProperty(
      'cursor',
    );
  });

  it.each([
    ['filter[category]=SALES', 'filter.category'],
    ['filter[id]=1', 'filter.id'],
    ['filter[status][like]=A', 'filter.status.like'],
    ['sort=status', 'sort'],
    ['fields=account_id', 'fields'],
    ['per_page=101', 'per_page'],
    ['per_page=0', 'per_page'],
    ['cursor=made-up', 'cursor'],
  ])('refuses %s', async (query, parameter) => {
    expect(Object.keys(await refusedBy(tenant.api, 'templates', query))).toEqual([parameter]);
  });

  it('gets one by WhatsApp’s id, and by no other', async () => {
    const [hello] = await templates('filter[template_name]=hello');
    const { body } = await tenant.api.request('GET', `/api/v2/templates/${hello?.template_id}`);
    expect(body).toMatchObject({ success: true, data: hello, message: 'Template retrieved successfully' });
    for (const id of [hello?.id, '1', 'x', '%00', 'x'.repeat(65)]) {
      const { status, body: refused } = await tenant.api.request('GET', `/api/v2/templates/${id}`);
      expect({ id, status, code: refused.error?.code }).toEqual({ id, status: 404, code: 'NOT_FOUND' });
    }
  });

  it('shows nobody the templates of another tenant', async () => {
    const [hello] = await templates('filter[template_name]=hello');
    const answer = await stranger.api.request('GET', `/api/v2/templates/${hello?.template_id}`);
    expect(answer.status).toBe(404);
    const ids = new Set((await templates()).map(({ id }) => id));
    expect((await templates('', stranger)).filter(({ id }) => ids.has(id))).toEqual([]);
  });

  it('wants templates:read to look, and templates:sync to sync', async () => {
    const reader = await TestTenant.create({ scopes: ['templates:read'], withoutNumber: true });
    const syncer = await TestTenant.create({ scopes: ['templates:sync'], withoutNumber: true });
    const statusOf = async ({ api }: TestTenant, method: string, path: string): Promise<number> =>
      (await api.request(method, `/api/v2/templates${path}`)).status;
    expect(await statusOf(reader, 'GET', '')).toBe(200);
    expect(await statusOf(reader, 'GET', '/1')).toBe(404);
    expect(await statusOf(reader, 'POST', '/sync')).toBe(403);
    expect(await statusOf(syncer, 'GET', '')).toBe(403);
    expect(await statusOf(syncer, 'GET', '/1')).toBe(403);
    expect(await statusOf(syncer, 'POST', '/sync')).toBe(422);
    await Promise.all([reader.close(), syncer.close()]);
  });
});
