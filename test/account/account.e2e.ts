import type { ApiAnswer } from '../support/api-client.js';
import { TestTenant } from '../support/tenant.js';

const PHONE = '201333000001';
const limit = (value: number, feature_name: string) => ({ limit: value, feature_name, is_unlimited: value === -1 });

/** Real processes: API, worker, sandbox, Postgres, Redis. Written from the reference, section 8. */
describe('the account of a tenant', () => {
  const tenants: TestTenant[] = [];
  afterAll(() => Promise.all(tenants.map((tenant) => tenant.close())));

  async function tenantWith(options: Parameters<typeof TestTenant.create>[0] = {}): Promise<TestTenant> {
    const tenant = await TestTenant.create(options);
    tenants.push(tenant);
    return tenant;
  }

  const get = (tenant: TestTenant, path = ''): Promise<ApiAnswer> =>
    tenant.api.request('GET', `/api/v2/account${path}`);

  /** Writes the tenant's row and its plan's, and answers both. */
  async function change(tenant: TestTenant, ofTenant: string, ofPlan = 'name = name') {
    await tenant.rows(`UPDATE plans SET ${ofPlan} WHERE id = (SELECT plan_id FROM tenants WHERE id = $1)`, [tenant.id]);
    const [row] = await tenant.rows<{ name: string; subdomain: string; plan_id: number; plan_name: string }>(
      `WITH changed AS (UPDATE tenants SET ${ofTenant} WHERE id = $1 RETURNING *)
       SELECT c.name, c.subdomain, c.plan_id, p.name AS plan_name FROM changed c LEFT JOIN plans p ON p.id = c.plan_id`,
      [tenant.id],
    );
    if (!row) throw new Error('the tenant is gone');
    return row;
  }

  it('is who the tenant is, and its subscription', async () => {
    const tenant = await tenantWith({ withoutNumber: true });
    const { name, subdomain, plan_id, plan_name } = await change(
      tenant,
      `created_at = '2026-01-02T03:04:05.678Z', plan_expires_at = '2999-12-31T00:00:00Z'`,
    );
    const answer = await get(tenant);
    expect(answer).toMatchObject({ status: 200, body: { message: 'Account retrieved successfully' } });
    expect(answer.body.data).toEqual({
      id: tenant.id,
      name,
      subdomain,
      status: 'active',
      created_at: '2026-01-02T03:04:05+00:00',
      subscription: { plan_name, plan_id, status: 'active', expires_at: '2999-12-31T00:00:00+00:00' },
    });
  });

  it('is known by its subdomain when the business has no name', async () => {
    const tenant = await tenantWith({ withoutNumber: true });
    const { subdomain } = await change(tenant, `name = ' '`);
    expect((await get(tenant)).body.data).toMatchObject({ name: subdomain });
  });

  it.each([
    ['expired', `plan_expires_at = now() - interval '1 second'`],
    ['cancelled', `plan_cancelled_at = now()`],
  ])('is Free once the subscription is %s', async (status, ended) => {
    const tenant = await tenantWith({ withoutNumber: true });
    await change(tenant, ended);
    expect((await get(tenant)).body.data).toMatchObject({ subscription: { plan_name: 'Free', status } });
  });

  it('is Free without a plan, and nothing is configured then', async () => {
    const tenant = await tenantWith({ withoutNumber: true });
    await change(tenant, 'plan_id = NULL');
    expect((await get(tenant)).body.data).toMatchObject({
      subscription: { plan_name: 'Free', plan_id: null, status: null, expires_at: null },
    });
    const none = { current: 0, limit: null, remaining: null, percentage_used: 0, is_unlimited: false };
    expect((await get(tenant, '/usage')).body.data).toEqual({
      contacts: none,
      conversations: none,
      campaigns: none,
      staff: { ...none, current: 1 },
    });
    expect((await get(tenant, '/limits')).body.data).toMatchObject({ limits: { contacts: limit(-1, 'Contacts') } });
  });

  it('shows what is used: contacts and conversations as sends make them', async () => {
    const tenant = await tenantWith({ limits: { contacts: 8, conversations: -1 } });
    await change(tenant, 'id = id', 'limit_campaigns = 0, limit_staff = 3');
    await tenant.openWindow(PHONE);
    expect(await tenant.api.send('text', { phone: PHONE, message: 'one' })).toMatchObject({ status: 200 });
    // The same 24 hours, the same contact.
    expect(await tenant.api.send('text', { phone: PHONE, message: 'two' })).toMatchObject({ status: 200 });
    const answer = await get(tenant, '/usage');
    expect(answer).toMatchObject({ status: 200, body: { message: 'Usage retrieved successfully' } });
    expect(answer.body.data).toEqual({
      contacts: { current: 1, limit: 8, remaining: 7, percentage_used: 12.5, is_unlimited: false },
      conversations: { current: 1, limit: -1, remaining: null, percentage_used: 0, is_unlimited: true },
      campaigns: { current: 0, limit: 0, remaining: 0, percentage_used: 0, is_unlimited: false },
      staff: { current: 1, limit: 3, remaining: 2, percentage_used: 33.33, is_unlimited: false },
    });
  });

  it('shows what the plan allows, and the calls a minute of the token that asks', async () => {
    const tenant = await tenantWith({ withoutNumber: true, ratePerMinute: 1000, limits: { contacts: 500 } });
    await change(
      tenant,
      'id = id',
      `limit_campaigns = 5, limit_staff = 2, limit_api_calls_per_minute = 300, features = '{"chatbot": true, "bulk_messaging": false}'`,
    );
    const answer = await get(tenant, '/limits');
    expect(answer).toMatchObject({ status: 200, body: { message: 'Limits retrieved successfully' } });
    expect(answer.body.data).toEqual({
      limits: {
        contacts: limit(500, 'Contacts'),
        conversations: limit(-1, 'Conversations per month'),
        campaigns: limit(5, 'Campaigns'),
        staff: limit(2, 'Staff'),
        api_calls_per_minute: limit(300, 'API calls per minute'),
      },
      features: {
        whatsapp_templates: false,
        bulk_messaging: false,
        chatbot: true,
        advanced_analytics: false,
        api_access: true,
        custom_branding: false,
      },
    });
  });

  it('needs account:read', async () => {
    const tenant = await tenantWith({ withoutNumber: true, scopes: ['contacts:read'] });
    for (const path of ['', '/usage', '/limits']) {
      expect(await get(tenant, path)).toMatchObject({
        status: 403,
        body: { error: { code: 'INSUFFICIENT_SCOPE', details: { required: ['account:read'] } } },
      });
    }
  });
});
