import { randomBytes } from 'node:crypto';
import { eventually } from '../support/eventually.js';
import { ApiClient } from '../support/api-client.js';
import { sharedPlace } from '../support/tenant.js';
import { command, commandJson } from './command.js';
import { createTenant, operatorEnvironment } from './place.js';

interface Token {
  id: number;
  token: string;
  hint: string;
  scopes: string[];
  rate_limit_per_minute: number;
  expires_at: string | null;
  revoked_at: string | null;
}

const env = operatorEnvironment();
const status = async (token: string): Promise<number> =>
  (await new ApiClient(sharedPlace().apiUrl, token).getMessage(1)).status;

function createToken(tenantId: number, ...more: string[]): Promise<Token> {
  const args = ['token', 'create', '--tenant', String(tenantId), '--name', 'web shop'];
  return commandJson<Token>([...args, ...(more.length > 0 ? more : ['--scopes', 'messages:read'])], env);
}

/** The API answers 401 to the token within the second that the contract promises. */
async function refusedWithinASecond(token: string): Promise<void> {
  await eventually('the token is refused', async () => ((await status(token)) === 401 ? true : undefined), 1000);
}

describe('a tenant', () => {
  it('is made with a plan of every feature and no limit, and with its defaults', async () => {
    const subdomain = `op-${randomBytes(6).toString('hex')}`;
    const defaults = ['--default-source', 'WhatsApp', '--default-status', 'New', '--default-assignee', 'Nour'];
    const made = await commandJson(
      ['tenant', 'create', '--name', ' Blue ', '--subdomain', subdomain, ...defaults],
      env,
    );
    expect(made).toMatchObject({ name: 'Blue', subdomain, status: 'active', plan: 'unlimited' });
    const listed = await commandJson<{ subdomain: string }[]>(['tenant', 'list'], env);
    expect(listed.filter((tenant) => tenant.subdomain === subdomain)).toEqual([made]);
  });

  it('that is suspended has no working token until it is activated', async () => {
    const tenantId = await createTenant();
    const { token } = await createToken(tenantId);
    expect(await status(token)).toBe(404);
    expect(await commandJson(['tenant', 'suspend', String(tenantId)], env)).toMatchObject({ status: 'suspended' });
    await refusedWithinASecond(token);
    await commandJson(['tenant', 'activate', String(tenantId)], env);
    await eventually('the token works again', async () => ((await status(token)) === 404 ? true : undefined), 1000);
  });

  it('lets messages expire after a day, or after the seconds it is given: 10 to 30 days of them', async () => {
    const tenantId = String(await createTenant());
    const expiry = (seconds: number) => ['tenant', 'expiry', tenantId, '--seconds', String(seconds)];
    for (const seconds of [10, 2_592_000]) {
      expect(await commandJson(expiry(seconds), env)).toMatchObject({ message_expires_in_s: seconds });
    }
    for (const seconds of [9, 2_592_001]) {
      const stderr = 'error: Messages expire after 10 to 2592000 seconds\n';
      expect(await command(expiry(seconds), env)).toMatchObject({ code: 1, stderr });
    }
  });

  it('keeps its messages for ever, or for the days it is given: at least 8', async () => {
    const tenantId = String(await createTenant());
    const retention = (...args: string[]) => ['tenant', 'retention', tenantId, ...args];
    expect(await commandJson(retention('--days', '8'), env)).toMatchObject({ message_retention_days: 8 });
    const refused = await command(retention('--days', '7'), env);
    expect(refused).toMatchObject({ code: 1, stderr: 'error: Messages are kept for 8 to 36500 days, or for ever\n' });
    for (const args of [[], ['--days', '9', '--for-ever']]) {
      expect(await command(retention(...args), env)).toMatchObject({ code: 2 });
    }
    expect(await commandJson(retention('--for-ever'), env)).toMatchObject({ message_retention_days: null });
  });
});

describe('a token', () => {
  it('is printed once, works, and is shown later by its hint alone', async () => {
    const tenantId = await createTenant();
    const { token, ...shown } = await createToken(tenantId, '--scopes', 'messages:read, messages:send');
    expect(token).toMatch(/^rasl_[0-9A-Za-z]{46}$/);
    expect(shown).toMatchObject({
      scopes: ['messages:read', 'messages:send'],
      rate_limit_per_minute: 60,
      expires_at: null,
    });
    expect(await status(token)).toBe(404);
    const list = await command(['token', 'list', '--tenant', String(tenantId), '--json'], env);
    expect(JSON.parse(list.stdout)).toEqual([shown]);
    expect(list.stdout).not.toContain(token);
  });

  it('has the rate limit and the end it was given', async () => {
    const more = ['--scopes', '*', '--rate-limit', '6000', '--expires', '2099-01-31T08:00:00+02:00'];
    expect(await createToken(await createTenant(), ...more)).toMatchObject({
      scopes: ['*'],
      rate_limit_per_minute: 6000,
      expires_at: '2099-01-31T06:00:00.000Z',
    });
  });

  it('that is revoked answers 401 within a second, and keeps the time of its first revocation', async () => {
    const tenantId = await createTenant();
    const { id, token } = await createToken(tenantId);
    expect(await status(token)).toBe(404);
    const revoke = ['token', 'revoke', String(id), '--tenant', String(tenantId)];
    const first = await commandJson<Token>(revoke, env);
    await refusedWithinASecond(token);
    expect((await commandJson<Token>(revoke, env)).revoked_at).toBe(first.revoked_at);
  });
});
