import { Encryption } from '../../src/platform/crypto/encryption.js';
import { readSettings } from '../../src/platform/config/settings.js';
import { Postgres } from '../../src/platform/database/postgres.js';
import { Log } from '../../src/platform/logging/log.js';
import { ACCESS_TOKEN_CONTEXT, AccessTokens, AccountGoneError } from '../../src/whatsapp/connection/access-tokens.js';
import {
  concernsWholeAccount,
  pauseAccount,
  pauseNumbers,
  resumeNumbers,
  type NumberFault,
} from '../../src/whatsapp/connection/phone-number-state.js';
import { classify } from '../../src/whatsapp/errors/classify.js';
import { baseEnvironment } from '../support/environment.js';
import { sharedPlace, TestTenant } from '../support/tenant.js';

interface State {
  id: number;
  paused_code: number | null;
  paused_reason: string | null;
  paused: boolean;
}

const settings = readSettings({ ...baseEnvironment(), LOG_LEVEL: 'silent' });
const encryption = new Encryption(settings);
let postgres: Postgres;
let tenant: TestTenant;
let accountId: number;

beforeAll(() => {
  postgres = new Postgres(Object.assign(settings, { DATABASE_URL: sharedPlace().databaseUrl }), new Log(settings));
});

afterAll(async () => postgres.onModuleDestroy());

beforeEach(async () => {
  tenant = await TestTenant.create();
  const [row] = await tenant.rows<{ account_id: number }>('SELECT account_id FROM phone_numbers WHERE id = $1', [
    tenant.numberId,
  ]);
  accountId = row?.account_id ?? 0;
});

afterEach(async () => tenant.close());

/** One more number of the tenant's account; answers its id. */
async function addNumber(): Promise<number> {
  const [row] = await tenant.rows<{ id: number }>(
    `INSERT INTO phone_numbers (tenant_id, account_id, phone_number_id, display_phone_number)
     VALUES ($1, $2, $3, '+1 555 0100') RETURNING id`,
    [tenant.id, accountId, `${tenant.phoneNumberId}${Math.trunc(performance.now() * 1000)}`],
  );
  return row?.id ?? 0;
}

const states = (): Promise<State[]> =>
  tenant.rows<State>(
    `SELECT id, paused_code, paused_reason, paused_at IS NOT NULL AS paused
     FROM phone_numbers WHERE tenant_id = $1 ORDER BY id`,
    [tenant.id],
  );

const fault = (numberId: number, code: number, reason = `reason ${code}`): NumberFault => ({
  tenantId: tenant.id,
  numberId,
  wholeAccount: concernsWholeAccount(classify(code, null)),
  code,
  reason,
});

describe('pausing numbers', () => {
  it.each([
    [133010, false],
    [131048, false],
    [190, true],
    [368, true],
  ])('after error %d stops the whole account: %p', async (code, whole) => {
    const other = await addNumber();
    const paused = await pauseNumbers(postgres, [fault(tenant.numberId, code)]);
    expect(paused.map(({ id }) => id).sort()).toEqual(whole ? [tenant.numberId, other] : [tenant.numberId]);
    expect((await states()).map(({ paused_code }) => paused_code)).toEqual([code, whole ? code : null]);
  });

  it('keeps the first reason of a number, in one group and in later ones', async () => {
    const other = await addNumber();
    const paused = await pauseNumbers(postgres, [
      fault(other, 133010),
      fault(tenant.numberId, 190),
      fault(other, 131048),
    ]);
    expect(paused).toHaveLength(2);
    expect(await pauseNumbers(postgres, [fault(tenant.numberId, 368), fault(other, 368)])).toEqual([]);
    expect((await states()).map(({ paused_reason }) => paused_reason)).toEqual(['reason 190', 'reason 133010']);
  });

  it('names the number to whoever alerts, and does nothing without faults', async () => {
    expect(await pauseNumbers(postgres, [])).toEqual([]);
    expect(await pauseNumbers(postgres, [fault(tenant.numberId, 33)])).toEqual([
      { id: tenant.numberId, tenant_id: tenant.id, phone_number_id: tenant.phoneNumberId },
    ]);
  });

  it("never touches another tenant's number", async () => {
    const stranger = await TestTenant.create();
    try {
      const foreign = { ...fault(stranger.numberId, 190), tenantId: tenant.id };
      expect(await pauseNumbers(postgres, [foreign])).toEqual([]);
      expect(await resumeNumbers(postgres, tenant.id, [stranger.numberId])).toEqual([]);
      expect(await pauseAccount(postgres, { tenantId: stranger.id, accountId }, { code: null, reason: 'x' })).toEqual(
        [],
      );
    } finally {
      await stranger.close();
    }
  });

  it('of one account at the same moment from two sides ends well', async () => {
    const other = await addNumber();
    const rounds = await Promise.all([
      pauseNumbers(postgres, [fault(tenant.numberId, 190), fault(other, 190)]),
      pauseNumbers(postgres, [fault(other, 190), fault(tenant.numberId, 190)]),
    ]);
    expect(rounds.flat()).toHaveLength(2);
  });

  it('by an event of the account stops all its numbers, without a code', async () => {
    await addNumber();
    const reason = { code: null, reason: 'The account was disabled by WhatsApp' };
    expect(await pauseAccount(postgres, { tenantId: tenant.id, accountId }, reason)).toHaveLength(2);
    expect((await states()).every(({ paused, paused_code }) => paused && paused_code === null)).toBe(true);
  });

  it('is undone by resuming, which tells what was paused', async () => {
    const other = await addNumber();
    await pauseNumbers(postgres, [fault(tenant.numberId, 133010)]);
    const resumed = await resumeNumbers(postgres, tenant.id, [tenant.numberId, other]);
    expect(resumed.map(({ id }) => id)).toEqual([tenant.numberId]);
    expect(await states()).toEqual([
      { id: tenant.numberId, paused: false, paused_code: null, paused_reason: null },
      { id: other, paused: false, paused_code: null, paused_reason: null },
    ]);
  });
});

describe('the access token of an account', () => {
  const updatedAt = async (): Promise<Date> => {
    const [row] = await tenant.rows<{ updated_at: Date }>('SELECT updated_at FROM whatsapp_accounts WHERE id = $1', [
      accountId,
    ]);
    return row?.updated_at ?? new Date(0);
  };

  const rotate = (token: string): Promise<unknown> =>
    tenant.rows(
      'UPDATE whatsapp_accounts SET access_token_encrypted = $2, updated_at = clock_timestamp() WHERE id = $1',
      [accountId, encryption.encrypt(token, ACCESS_TOKEN_CONTEXT)],
    );

  it('is read once while the row stays as it is, and again when it was rotated', async () => {
    await rotate('first');
    let reads = 0;
    const counting = Object.create(postgres) as Postgres;
    counting.query = <T extends object>(name: string, text: string, parameters?: unknown[]) => {
      reads += 1;
      return postgres.query<T>(name, text, parameters);
    };
    const tokens = new AccessTokens(counting, encryption);
    const seen = { tenantId: tenant.id, accountId, updatedAt: await updatedAt() };
    expect(await tokens.tokenFor(seen)).toBe('first');
    expect(await tokens.tokenFor(seen)).toBe('first');
    expect(reads).toBe(1);
    await rotate('second');
    expect(await tokens.tokenFor({ ...seen, updatedAt: await updatedAt() })).toBe('second');
    // Whoever still sees the old row gets the new token: the old one may not work any more.
    expect(await tokens.tokenFor(seen)).toBe('second');
    expect(reads).toBe(2);
  });

  it('is not opened for another tenant, cached or not', async () => {
    const tokens = new AccessTokens(postgres, encryption);
    const seen = { tenantId: tenant.id, accountId, updatedAt: await updatedAt() };
    await tokens.tokenFor(seen);
    await expect(tokens.tokenFor({ ...seen, tenantId: tenant.id + 1 })).rejects.toThrow(AccountGoneError);
  });
});
