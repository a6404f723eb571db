import type { ApiAnswer } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { TestTenant } from '../support/tenant.js';

const WITHOUT_WAIT = { prefer: 'respond-async' };

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('the limits of a plan', () => {
  const tenants: TestTenant[] = [];
  afterAll(() => Promise.all(tenants.map((tenant) => tenant.close())));

  async function tenantWith(options: Parameters<typeof TestTenant.create>[0]): Promise<TestTenant> {
    const tenant = await TestTenant.create(options);
    tenants.push(tenant);
    return tenant;
  }

  const sendTo = (tenant: TestTenant, phone: string, more: object = {}): Promise<ApiAnswer> =>
    tenant.api.send('text', { phone, message: 'hello', ...more }, WITHOUT_WAIT);

  const counted = async (tenant: TestTenant) => {
    const [row] = await tenant.rows<{ contacts: number; counted: number; chats: number; messages: number }>(
      `SELECT (SELECT count(*)::int FROM contacts WHERE tenant_id = $1) AS contacts, contact_count AS counted,
              (SELECT count(*)::int FROM chats WHERE tenant_id = $1) AS chats,
              (SELECT count(*)::int FROM messages WHERE tenant_id = $1) AS messages
         FROM tenants WHERE id = $1`,
      [tenant.id],
    );
    return row;
  };

  function expectOneOf(answers: ApiAnswer[], refusal: { feature: string; current: number; maximum: number }): void {
    const refused = answers.filter(({ status }) => status !== 200);
    expect(answers.length - refused.length).toBe(1);
    for (const answer of refused) {
      expect(answer).toMatchObject({
        status: 403,
        body: { error: { code: 'FEATURE_LIMIT_EXCEEDED', details: refusal } },
      });
    }
  }

  it('with room for one more contact let one of 50 sends to new phones through, and nothing of the others stays', async () => {
    const tenant = await tenantWith({ limits: { contacts: 2 } });
    await tenant.insertContact({ phone: '201444000099' });
    const phones = Array.from({ length: 50 }, (_, index) => `2014440000${String(index).padStart(2, '0')}`);
    const answers = await Promise.all(phones.map((phone) => sendTo(tenant, phone)));
    expectOneOf(answers, { feature: 'contacts', current: 2, maximum: 2 });
    expect(await counted(tenant)).toEqual({ contacts: 2, counted: 2, chats: 1, messages: 1 });
    expect((await tenant.api.request('GET', '/api/v2/account/usage')).body.data).toMatchObject({
      contacts: { current: 2, remaining: 0, percentage_used: 100 },
    });
  });

  it('with room for one more contact let one of 50 calls through, be they sends, creates or batches', async () => {
    const tenant = await tenantWith({ limits: { contacts: 1 } });
    const { sourceId, statusId } = tenant.defaults;
    const post = (path: string, body: object) =>
      tenant.api.request('POST', `/api/v2${path}`, {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const phone = `2014445000${String(index).padStart(2, '0')}`;
        const names = { firstname: 'Mona', lastname: 'Ali', type: 'lead' };
        const contact = { ...names, phone, source_id: sourceId, status_id: statusId };
        if (index % 3 === 0) return sendTo(tenant, phone);
        return index % 3 === 1 ? post('/contacts', contact) : post('/contacts/batch', { contacts: [contact] });
      }),
    );
    const refused = answers.filter(({ status }) => status === 403);
    expect(refused).toHaveLength(49);
    for (const { body } of refused) {
      expect(body.error).toMatchObject({
        code: 'FEATURE_LIMIT_EXCEEDED',
        details: { feature: 'contacts', current: 1, maximum: 1 },
      });
    }
    expect(await counted(tenant)).toMatchObject({ contacts: 1, counted: 1 });
  });

  it('with room for one more conversation let one of 50 sends through that would open one', async () => {
    const tenant = await tenantWith({ limits: { conversations: 1 } });
    const contacts = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        tenant.insertContact({ phone: `2014441000${String(index).padStart(2, '0')}` }),
      ),
    );
    const answers = await Promise.all(
      contacts.map((contact_id) => tenant.api.send('text', { contact_id, message: 'hello' }, WITHOUT_WAIT)),
    );
    expectOneOf(answers, { feature: 'conversations', current: 1, maximum: 1 });
    expect(await counted(tenant)).toMatchObject({ chats: 1, messages: 1 });
  });

  it('count a conversation for each number and contact, and again when its 24 hours are over', async () => {
    const tenant = await tenantWith({ limits: { conversations: 2 } });
    const phone = '201444200001';
    const conversations = async () => {
      const { body } = await tenant.api.request('GET', '/api/v2/account/usage');
      return (body.data?.conversations as { current: number }).current;
    };
    expect((await sendTo(tenant, phone)).status).toBe(200);
    expect((await sendTo(tenant, phone)).status).toBe(200);
    expect(await conversations()).toBe(1);
    const end = `UPDATE chats SET conversation_expires_at = now() - interval '1 second' WHERE tenant_id = $1`;
    await tenant.rows(end, [tenant.id]);
    expect((await sendTo(tenant, phone)).status).toBe(200);
    expect(await conversations()).toBe(2);
    await tenant.rows(end, [tenant.id]);
    expect(await sendTo(tenant, phone)).toMatchObject({
      status: 403,
      body: { error: { details: { feature: 'conversations', current: 2, maximum: 2 } } },
    });
    // What was opened last month does not count in this one.
    await tenant.rows(`UPDATE tenant_usage SET month = month - interval '1 month' WHERE tenant_id = $1`, [tenant.id]);
    expect(await conversations()).toBe(0);
    expect((await sendTo(tenant, phone)).status).toBe(200);
  });

  it('of calls a minute hold for every token as soon as the plan changes', async () => {
    const tenant = await tenantWith({ withoutNumber: true });
    const limitShown = async () =>
      Number((await tenant.api.request('GET', '/api/v2/account')).headers.get('x-ratelimit-limit'));
    expect(await limitShown()).toBe(100_000);
    await tenant.rows(
      'UPDATE plans SET limit_api_calls_per_minute = 90000 WHERE id = (SELECT plan_id FROM tenants WHERE id = $1)',
      [tenant.id],
    );
    await eventually('the new limit', async () => ((await limitShown()) === 90_000 ? true : undefined));
  });
});
