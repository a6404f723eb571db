import pg from 'pg';
import { sharedPlace } from '../support/tenant.js';
import { command, commandJson } from './command.js';
import { connectArguments, createAccount, createTenant, operatorEnvironment, sandbox } from './place.js';

interface Synced {
  templates: { synced: number; created: number; updated: number; removed: number };
}

const env = operatorEnvironment();
let database: pg.Pool;

beforeAll(() => {
  database = new pg.Pool({ connectionString: sharedPlace().databaseUrl, max: 2 });
});

afterAll(async () => database.end());

const syncArguments = (tenantId: number) => ['whatsapp', 'sync-templates', '--tenant', String(tenantId)];
const component = { type: 'BODY', text: 'Your order is ready.' };

it('brings the stored templates to what WhatsApp has, and keeps what it has no more as DELETED', async () => {
  const [tenantId, account] = await Promise.all([createTenant(), createAccount()]);
  const path = `/accounts/${account.waba_id}/templates`;
  const sync = async (): Promise<Synced['templates']> =>
    (
      await commandJson<Synced>(connectArguments(tenantId, account), {
        ...env,
        WHATSAPP_ACCESS_TOKEN: account.access_token,
      })
    ).templates;
  const stored = async (name: string): Promise<string | undefined> =>
    (
      await database.query<{ status: string }>('SELECT status FROM templates WHERE tenant_id = $1 AND name = $2', [
        tenantId,
        name,
      ])
    ).rows[0]?.status;

  expect(await sync()).toEqual({ synced: 5, created: 5, updated: 0, removed: 0 });
  await sandbox().call('POST', path, { name: 'ready', components: [component] });
  await sandbox().call('POST', `${path}/hello/status`, { status: 'PAUSED', webhook: false });
  await sandbox().call('DELETE', `${path}/order_update`);
  expect(await sync()).toEqual({ synced: 5, created: 1, updated: 1, removed: 1 });
  expect([await stored('ready'), await stored('hello'), await stored('order_update')]).toEqual([
    'APPROVED',
    'PAUSED',
    'DELETED',
  ]);
  expect(await sync()).toEqual({ synced: 5, created: 0, updated: 0, removed: 0 });
  await sandbox().call('POST', path, { name: 'order_update', components: [component] });
  expect(await sync()).toEqual({ synced: 6, created: 0, updated: 1, removed: 0 });
  expect(await stored('order_update')).toBe('APPROVED');
});

it('reads an account that has more templates than one page', async () => {
  const [tenantId, account] = await Promise.all([createTenant(), createAccount()]);
  for (let index = 0; index < 100; index += 1) {
    await sandbox().call('POST', `/accounts/${account.waba_id}/templates`, {
      name: `more_${index}`,
      components: [component],
    });
  }
  const { templates } = await commandJson<Synced>(connectArguments(tenantId, account), {
    ...env,
    WHATSAPP_ACCESS_TOKEN: account.access_token,
  });
  expect(templates).toEqual({ synced: 105, created: 105, updated: 0, removed: 0 });
});

it('syncs by a command of its own, for a tenant that has an account', async () => {
  const [tenantId, account] = await Promise.all([createTenant(), createAccount()]);
  const without = await command([...syncArguments(tenantId), '--json'], env);
  expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('has no WhatsApp account') as string });
  await commandJson(connectArguments(tenantId, account), { ...env, WHATSAPP_ACCESS_TOKEN: account.access_token });
  await sandbox().call('POST', `/accounts/${account.waba_id}/templates`, { name: 'ready', components: [component] });
  const synced = await command(syncArguments(tenantId), env);
  expect(synced).toMatchObject({ code: 0, stdout: '6 templates: 1 new, 0 changed; 0 gone.\n' });
});
