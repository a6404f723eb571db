import pg from 'pg';
import { sharedPlace } from '../support/tenant.js';
import { command, commandJson, commandProcess } from './command.js';
import { connectArguments, createAccount, createTenant, operatorEnvironment, sandbox } from './place.js';

interface Connected {
  phone_number_id: string;
  is_default: boolean;
  rate_per_second: number;
  messaging_limit_tier: string;
  callback_url: string;
  verify_token: string;
  templates: { synced: number; created: number; updated: number; removed: number };
}

const env = operatorEnvironment();
let database: pg.Pool;

beforeAll(() => {
  database = new pg.Pool({ connectionString: sharedPlace().databaseUrl, max: 2 });
});

afterAll(async () => database.end());

/** The token in the environment, so that it stands in no list of processes. */
const withToken = (token: string): NodeJS.ProcessEnv => ({ ...env, WHATSAPP_ACCESS_TOKEN: token });

describe('whatsapp connect', () => {
  it('verifies, stores the token encrypted, subscribes and syncs templates', async () => {
    const [tenantId, account] = await Promise.all([createTenant(), createAccount()]);
    const connected = await commandJson<Connected>(
      connectArguments(tenantId, account),
      withToken(account.access_token),
    );
    expect(connected).toMatchObject({
      is_default: true,
      rate_per_second: 80,
      callback_url: `${sharedPlace().apiUrl}/api/v2/whatsapp/webhook`,
      verify_token: 'test-verify-token',
    });
    expect(connected.templates).toEqual({ synced: 5, created: 5, updated: 0, removed: 0 });
    const { rows } = await database.query<{ sealed: Buffer; app_id: number | null }>(
      'SELECT access_token_encrypted AS sealed, app_id FROM whatsapp_accounts WHERE tenant_id = $1',
      [tenantId],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.app_id).toBeNull();
    expect(rows[0]?.sealed.includes(account.access_token)).toBe(false);
    expect(await commandJson(['whatsapp', 'check', '--tenant', String(tenantId)], env)).toMatchObject([{ faults: [] }]);
  });

  it('prints the token neither to a person nor to a script', async () => {
    const [tenantId, account] = await Promise.all([createTenant(), createAccount()]);
    for (const more of [[], ['--json']]) {
      const { code, stdout, stderr } = await commandProcess(
        [...connectArguments(tenantId, account), '--access-token', '-', ...more],
        env,
        `${account.access_token}\n`,
      );
      expect(code).toBe(0);
      expect(stdout + stderr).not.toContain(account.access_token);
    }
  });

  it('can be repeated without the token, and changes nothing then', async () => {
    const [tenantId, account] = await Promise.all([createTenant(), createAccount()]);
    const first = await commandJson<Connected>(connectArguments(tenantId, account), withToken(account.access_token));
    const again = await commandJson<Connected>(connectArguments(tenantId, account), env);
    expect(again).toEqual({ ...first, templates: { synced: 5, created: 0, updated: 0, removed: 0 } });
  });

  it('makes the first number the default, and another one when it is asked to', async () => {
    const [tenantId, account] = await Promise.all([createTenant(), createAccount(2)]);
    const tokenEnv = withToken(account.access_token);
    expect(await commandJson(connectArguments(tenantId, account, 0), tokenEnv)).toMatchObject({ is_default: true });
    expect(await commandJson(connectArguments(tenantId, account, 1), tokenEnv)).toMatchObject({ is_default: false });
    expect(await commandJson([...connectArguments(tenantId, account, 1), '--default'], env)).toMatchObject({
      is_default: true,
    });
    const numbers = await commandJson<Connected[]>(['whatsapp', 'check', '--tenant', String(tenantId)], env);
    expect(numbers.map((number) => number.is_default)).toEqual([false, true]);
  });

  it('takes the rate that WhatsApp gives an upgraded number', async () => {
    const [tenantId, account] = await Promise.all([createTenant(), createAccount()]);
    const phoneNumberId = account.phone_numbers[0]?.phone_number_id ?? '';
    await sandbox().changeNumber(phoneNumberId, { throughput: 1000 });
    const connected = await commandJson<Connected>(
      connectArguments(tenantId, account),
      withToken(account.access_token),
    );
    expect(connected.rate_per_second).toBe(1000);
  });

  it("gives a tenant's own Meta app an address and a verify token of its own", async () => {
    const [tenantId, account] = await Promise.all([createTenant(), createAccount()]);
    const secrets = { ...withToken(account.access_token), WHATSAPP_TENANT_APP_SECRET: 'own-app-secret' };
    const args = [...connectArguments(tenantId, account), '--override-callback'];
    // With --override-callback WhatsApp calls the address at once: the handshake has passed when this succeeds.
    const connected = await commandJson<Connected>(args, secrets);
    expect(connected.callback_url).toMatch(/\/api\/v2\/whatsapp\/webhook\/[0-9a-f]{32}$/);
    expect(connected.verify_token).not.toBe('test-verify-token');
    const rotated = await commandJson<Connected>(args, { ...secrets, WHATSAPP_TENANT_APP_SECRET: 'new-app-secret' });
    expect(rotated).toMatchObject({ callback_url: connected.callback_url, verify_token: connected.verify_token });
    const { rows } = await database.query('SELECT id FROM whatsapp_apps WHERE tenant_id = $1', [tenantId]);
    expect(rows).toHaveLength(1);
  });
});

describe('whatsapp connect refuses', () => {
  async function refused(args: string[], given: NodeJS.ProcessEnv): Promise<string> {
    const { code, stdout, stderr } = await command(args, given);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    return stderr;
  }

  it('an account and a number that another tenant has connected', async () => {
    const [first, second, account] = await Promise.all([createTenant(), createTenant(), createAccount()]);
    await commandJson(connectArguments(first, account), withToken(account.access_token));
    const stderr = await refused(connectArguments(second, account), withToken(account.access_token));
    expect(stderr).toBe(`error: Account ${account.waba_id} is connected to another tenant (${first})\n`);
    const { rows } = await database.query('SELECT id FROM phone_numbers WHERE tenant_id = $1', [second]);
    expect(rows).toEqual([]);
  });

  it('a token that is not valid, without repeating it', async () => {
    const [tenantId, account] = await Promise.all([createTenant(), createAccount()]);
    const stderr = await refused(connectArguments(tenantId, account), withToken('EAANOTVALID'));
    expect(stderr).toMatch(/code 190/);
    expect(stderr).not.toContain('EAANOTVALID');
  });

  it.each(['whatsapp_business_messaging', 'whatsapp_business_management'])(
    'a token with no permission but %s',
    async (scope) => {
      const [tenantId, account] = await Promise.all([createTenant(), createAccount()]);
      const { access_token: poor } = await sandbox().call<{ access_token: string }>(
        'POST',
        `/accounts/${account.waba_id}/tokens`,
        { scopes: [scope] },
      );
      expect(await refused(connectArguments(tenantId, account), withToken(poor))).toMatch(
        /lacks the permission whatsapp_business_/,
      );
    },
  );

  it("a number of another account, and names the account's own", async () => {
    const [tenantId, account, other] = await Promise.all([createTenant(), createAccount(), createAccount()]);
    const args = connectArguments(tenantId, { ...account, phone_numbers: other.phone_numbers });
    const stderr = await refused(args, withToken(account.access_token));
    expect(stderr).toContain(
      `is not one of account ${account.waba_id}. It has: ${account.phone_numbers[0]?.phone_number_id}`,
    );
  });

  it('a token of another account', async () => {
    const [tenantId, account, other] = await Promise.all([createTenant(), createAccount(), createAccount()]);
    const stderr = await refused(connectArguments(tenantId, account), withToken(other.access_token));
    expect(stderr).toContain(`The access token has no access to account ${account.waba_id}`);
  });

  it('a new account without a token', async () => {
    const [tenantId, account] = await Promise.all([createTenant(), createAccount()]);
    expect(await refused(connectArguments(tenantId, account), env)).toContain('its access token is needed');
  });

  it('to go on when WhatsApp does not answer', async () => {
    const [tenantId, account] = await Promise.all([createTenant(), createAccount()]);
    const away = { ...withToken(account.access_token), WHATSAPP_API_BASE_URL: 'http://127.0.0.1:1' };
    expect(await refused(connectArguments(tenantId, account), away)).toMatch(/WhatsApp did not answer .*ECONNREFUSED/);
  });
});

describe('a connected number', () => {
  it('is paused with a reason, shown as paused, and resumed', async () => {
    const [tenantId, account] = await Promise.all([createTenant(), createAccount()]);
    const id = account.phone_numbers[0]?.phone_number_id ?? '';
    await commandJson(connectArguments(tenantId, account), withToken(account.access_token));
    const pause = ['whatsapp', 'pause', id, '--reason'];
    expect(await commandJson([...pause, 'The number moves'], env)).toEqual({ phone_number_id: id, changed: true });
    expect(await commandJson([...pause, 'Another reason'], env)).toEqual({ phone_number_id: id, changed: false });
    const check = await command(['whatsapp', 'check', '--phone-number-id', id, '--json'], env);
    expect(check.code).toBe(1);
    expect(JSON.parse(check.stdout)).toMatchObject([
      { paused: { code: null, reason: 'The number moves' }, faults: [] },
    ]);
    expect(await commandJson(['whatsapp', 'resume', id], env)).toEqual({ phone_number_id: id, changed: true });
    expect(await commandJson(['whatsapp', 'resume', id], env)).toEqual({ phone_number_id: id, changed: false });
    expect(await commandJson(['whatsapp', 'check', '--phone-number-id', id], env)).toMatchObject([{ paused: null }]);
  });

  it('shows what is wrong when its token was taken back', async () => {
    const [tenantId, account] = await Promise.all([createTenant(), createAccount()]);
    await commandJson(connectArguments(tenantId, account), withToken(account.access_token));
    await sandbox().call('POST', '/tokens/revoke', { access_token: account.access_token });
    const { code, stdout } = await command(['whatsapp', 'check', '--tenant', String(tenantId)], env);
    expect(code).toBe(1);
    expect(stdout).toMatch(/FAULT/);
    expect(stdout).toMatch(/code 190/);
    expect(stdout).not.toContain(account.access_token);
  });

  it('shows what is wrong when nobody is subscribed to its account any more', async () => {
    const [tenantId, account] = await Promise.all([createTenant(), createAccount()]);
    await commandJson(connectArguments(tenantId, account), withToken(account.access_token));
    const response = await fetch(`${sharedPlace().sandboxUrl}/v26.0/${account.waba_id}/subscribed_apps`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${account.access_token}` },
    });
    expect(response.status).toBe(200);
    const { code, stdout } = await command(['whatsapp', 'check', '--tenant', String(tenantId), '--json'], env);
    expect(code).toBe(1);
    expect(stdout).toContain('not subscribed');
  });
});
