import { CALLS_PER_HOUR } from '../../src/whatsapp/connection/management-budget.js';
import type { ApiAnswer } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { TestTenant } from '../support/tenant.js';

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('POST /templates/sync', () => {
  let tenant: TestTenant;
  beforeEach(async () => {
    tenant = await TestTenant.create();
  });
  afterEach(() => tenant.close());

  const sync = (): Promise<ApiAnswer> => tenant.api.request('POST', '/api/v2/templates/sync');
  const templates = (path = '') => `/accounts/${tenant.wabaId}/templates${path}`;
  const stored = async (name: string): Promise<Record<string, unknown> | undefined> =>
    (await tenant.rows('SELECT * FROM templates WHERE tenant_id = $1 AND name = $2', [tenant.id, name]))[0];
  const charged = async (seconds: number): Promise<void> => {
    await tenant.rows(
      `UPDATE whatsapp_accounts SET management_charged_until = now() + $2 * interval '1 second' WHERE tenant_id = $1`,
      [tenant.id, seconds],
    );
  };

  it('stores what WhatsApp has, tells what changed, and keeps what is gone as DELETED', async () => {
    expect((await sync()).body).toMatchObject({
      success: true,
      data: { synced: 5, created: 5, updated: 0, removed: 0 },
      message: 'Templates synced successfully',
    });
    await tenant.control.call('POST', templates(), {
      name: 'ready',
      components: [{ type: 'BODY', text: 'Ready.' }],
      message_send_ttl_seconds: 3600,
    });
    await tenant.control.call('POST', templates('/hello/status'), { status: 'REJECTED', webhook: false });
    await tenant.control.call('DELETE', templates('/order_update'));
    expect((await sync()).body.data).toEqual({ synced: 5, created: 1, updated: 1, removed: 1 });
    expect(await stored('ready')).toMatchObject({ message_send_ttl_seconds: 3600, status: 'APPROVED' });
    expect(await stored('hello')).toMatchObject({ status: 'REJECTED' });
    expect(await stored('order_update')).toMatchObject({ status: 'DELETED' });
    expect((await sync()).body.data).toEqual({ synced: 5, created: 0, updated: 0, removed: 0 });
  });

  it('takes over between syncs what WhatsApp reports of status, quality and category', async () => {
    await sync();
    const is = (name: string, fields: object) =>
      eventually(`${name} as ${JSON.stringify(fields)}`, async () => {
        const row = await stored(name);
        return Object.entries(fields).every(([field, value]) => row?.[field] === value) ? true : undefined;
      });
    await tenant.control.call('POST', templates('/hello/status'), { status: 'PAUSED' });
    await is('hello', { status: 'PAUSED' });
    await tenant.control.call('POST', templates('/hello/status'), { status: 'APPROVED' });
    await is('hello', { status: 'APPROVED' });
    await tenant.control.call('POST', templates('/hello/quality'), { quality: 'RED' });
    await is('hello', { status: 'APPROVED', quality_score: 'RED' });
    await tenant.control.call('POST', templates('/order_update/category'), { category: 'MARKETING' });
    await is('order_update', { category: 'MARKETING', status: 'APPROVED' });
    expect((await sync()).body.data).toMatchObject({ created: 0, updated: 0, removed: 0 });
  });

  it('takes over what an edited template says, and asks sends for what it needs now', async () => {
    await sync();
    const text = (words: string) => [{ type: 'BODY', text: words }];
    await tenant.control.call('POST', templates('/hello/components'), { components: text('Hello {{1}}, {{2}}!') });
    await eventually('hello with its new text', async () =>
      JSON.stringify((await stored('hello'))?.components).includes('Hello {{1}}, {{2}}!') ? true : undefined,
    );
    const answer = await tenant.api.send('template', {
      phone: '201001234567',
      template_name: 'hello',
      language: 'en_US',
      field_1: 'Mona',
    });
    expect({ status: answer.status, fields: Object.keys(answer.body.error?.details ?? {}) }).toEqual({
      status: 422,
      fields: ['field_2'],
    });
    expect((await stored('hello'))?.status).toBe('APPROVED');
  });

  it('keeps what was edited while the list was being read, and reads it the next time', async () => {
    await sync();
    const edited = (at: string) =>
      tenant.rows(
        `UPDATE templates SET components = '[]', components_updated_at = now() + $2::interval
          WHERE tenant_id = $1 AND name = 'hello'`,
        [tenant.id, at],
      );
    await edited('1 minute');
    await sync();
    expect((await stored('hello'))?.components).toEqual([]);
    await edited('-1 second');
    await sync();
    expect((await stored('hello'))?.components).toMatchObject([{ type: 'BODY' }]);
  });

  it('is refused for as long as WhatsApp wants no more calls, without asking it again', async () => {
    await tenant.control.call('PATCH', `/accounts/${tenant.wabaId}`, { management_limit: 0 });
    const refused = await sync();
    expect(refused).toMatchObject({
      status: 429,
      body: { error: { code: 'RATE_LIMIT_EXCEEDED', details: { retry_after: 300 } } },
    });
    await tenant.control.call('PATCH', `/accounts/${tenant.wabaId}`, { management_limit: 5000 });
    const { status, headers } = await sync();
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(300);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(270);
    expect(await tenant.rows('SELECT 1 FROM templates WHERE tenant_id = $1', [tenant.id])).toEqual([]);
  });

  it('may be called until the hour’s calls are used up, and again after a call’s share of the hour', async () => {
    const share = 3600 / CALLS_PER_HOUR;
    await charged(3600 - 1.5 * share);
    expect((await sync()).status).toBe(200);
    const { status, body } = await sync();
    expect(status).toBe(429);
    expect(Number(body.error?.details?.retry_after)).toBeLessThanOrEqual(share / 2);
    await charged(3600 - share - 1);
    expect((await sync()).status).toBe(200);
  });

  it('stores nothing when it may not read to the end', async () => {
    for (let index = 0; index < 100; index += 1) {
      await tenant.control.call('POST', templates(), {
        name: `more_${index}`,
        components: [{ type: 'BODY', text: 'More.' }],
      });
    }
    await charged(3600 - (1.5 * 3600) / CALLS_PER_HOUR);
    expect((await sync()).status).toBe(429);
    expect(await tenant.rows('SELECT 1 FROM templates WHERE tenant_id = $1', [tenant.id])).toEqual([]);
    await charged(0);
    expect((await sync()).body.data).toEqual({ synced: 105, created: 105, updated: 0, removed: 0 });
  });

  it('says that WhatsApp is not connected when it is not, or does not let us in', async () => {
    const unconnected = await TestTenant.create({ withoutNumber: true });
    const answer = await unconnected.api.request('POST', '/api/v2/templates/sync');
    expect(answer).toMatchObject({ status: 422, body: { error: { code: 'WHATSAPP_NOT_CONFIGURED' } } });
    await unconnected.close();
    const account = await tenant.control.call<{ access_tokens: string[] }>('GET', `/accounts/${tenant.wabaId}`);
    for (const access_token of account.access_tokens) {
      await tenant.control.call('POST', '/tokens/revoke', { access_token });
    }
    expect(await sync()).toMatchObject({ status: 422, body: { error: { code: 'WHATSAPP_NOT_CONFIGURED' } } });
  });
});
