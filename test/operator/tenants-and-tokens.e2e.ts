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

describe("a tenant's settings", () => {
  it('leave the service window to WhatsApp until they enforce it, and again afterwards', async () => {
    const tenantId = String(await createTenant());
    const window = (...args: string[]) => ['tenant', 'service-window', tenantId, ...args];
    for (const [flag, enforced] of [
      ['--enforce', true],
      ['--no-enforce', false],
    ] as const) {
      expect(await commandJson(window(flag), env)).toMatchObject({ enforce_service_window: enforced });
    }
    expect(await command(window(), env)).toMatchObject({ code: 2 });
  });

  describe('of words', () => {
    interface Words {
      opt_out_words: Record<string, string[]>;
      opt_in_words: Record<string, string[]>;
      default_opt_out_words: boolean;
      default_opt_in_words: boolean;
    }
    const words = (tenantId: number, ...args: string[]) => ['tenant', 'words', String(tenantId), ...args];

    it('are the defaults, are set by language, kind by kind, and go back', async () => {
      const tenantId = await createTenant();
      const first = await commandJson<Words>(words(tenantId), env);
      expect(first).toMatchObject({
        opt_out_words: { en: ['STOP', 'UNSUBSCRIBE'], ar: ['إيقاف', 'الغاء'] },
        default_opt_out_words: true,
        default_opt_in_words: true,
      });
      const own = ['--opt-out', 'de=Stopp, bitte aufhören', '--opt-out', 'ar=توقف'];
      expect(await commandJson<Words>(words(tenantId, ...own), env)).toEqual({
        ...first,
        opt_out_words: { de: ['Stopp', 'bitte aufhören'], ar: ['توقف'] },
        default_opt_out_words: false,
      });
      expect(await commandJson<Words>(words(tenantId, '--opt-in', 'en=GO'), env)).toMatchObject({
        opt_out_words: { de: ['Stopp', 'bitte aufhören'] },
        opt_in_words: { en: ['GO'] },
        default_opt_in_words: false,
      });
      expect(await commandJson(words(tenantId, '--default-opt-out', '--default-opt-in'), env)).toEqual(first);
    });

    it('have 1 to 40 characters', async () => {
      const tenantId = await createTenant();
      const longest = '🛑'.repeat(40);
      expect(await commandJson<Words>(words(tenantId, '--opt-out', `en=a,${longest}`), env)).toMatchObject({
        opt_out_words: { en: ['a', longest] },
      });
      for (const word of [`${longest}a`, '\u200f']) {
        const { code, stderr } = await command(words(tenantId, '--opt-out', `en=${word}`), env);
        expect({ code, stderr }).toEqual({
          code: 1,
          stderr: `error: A word has 1 to 40 characters that can be seen: ${JSON.stringify(word)}\n`,
        });
      }
    });

    it('are 1 to 100 of a kind', async () => {
      const tenantId = await createTenant();
      const many = (count: number) => `en=${Array.from({ length: count }, (_, index) => `w${index}`).join(',')}`;
      expect((await command(words(tenantId, '--opt-out', many(100)), env)).code).toBe(0);
      const stderr = 'error: There are 1 to 100 words of a kind\n';
      expect(await command(words(tenantId, '--opt-out', many(101)), env)).toMatchObject({ code: 1, stderr });
    });

    it.each([
      ['opt both out and in', ['--opt-in', 'en=GO,stop'], 1, /^error: stop would opt customers both out and in/],
      ['are of no language', ['--opt-out', 'english!=STOP'], 1, /^error: english! is no language/],
      ['are given without a language', ['--opt-out', 'STOP'], 2, /must look like en=STOP,UNSUBSCRIBE/],
      ['are missing between commas', ['--opt-out', 'en=STOP,,END'], 2, /must look like en=STOP,UNSUBSCRIBE/],
      ['are set and put back at once', ['--opt-out', 'en=X', '--default-opt-out'], 2, /not both/],
    ])('that %s are refused, and nothing changes', async (_what, args, status, message) => {
      const tenantId = await createTenant();
      const { code, stderr } = await command(words(tenantId, ...args), env);
      expect(stderr).toMatch(message);
      expect(code).toBe(status);
      expect(await commandJson<Words>(words(tenantId), env)).toMatchObject({
        default_opt_out_words: true,
        default_opt_in_words: true,
      });
    });

    it('of a tenant that is not there are none', async () => {
      const stderr = 'error: There is no tenant 999999\n';
      expect(await command(words(999_999), env)).toMatchObject({ code: 1, stderr });
      expect(await command(words(999_999, '--opt-out', 'en=X'), env)).toMatchObject({ code: 1, stderr });
    });
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
