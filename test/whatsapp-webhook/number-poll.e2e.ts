import { SendingLab } from '../delivery/sending-lab.js';
import { eventually } from '../support/eventually.js';
import type { TestTenant } from '../support/tenant.js';

const PERIOD_S = 3;

interface NumberRow {
  rate_per_second: number;
  throughput_level: string | null;
  quality_rating: string | null;
  name_status: string | null;
  messaging_limit_tier: string | null;
  paused_code: number | null;
  portfolio: string;
}

/** Two workers share the numbers. */
describe('what WhatsApp says of the numbers', () => {
  let lab: SendingLab;
  beforeAll(async () => {
    lab = await SendingLab.start({ workers: 2, env: { NUMBER_POLL_S: String(PERIOD_S) } });
  });
  afterAll(() => lab.stop());

  const number = async (tenant: TestTenant): Promise<NumberRow | undefined> => {
    const [row] = await tenant.rows<NumberRow & Record<string, unknown>>(
      'SELECT n.*, a.portfolio FROM phone_numbers n JOIN whatsapp_accounts a ON a.id = n.account_id WHERE n.id = $1',
      [tenant.numberId],
    );
    return row;
  };
  const polls = async (tenant: TestTenant): Promise<number[]> =>
    (await tenant.control.requests(tenant.phoneNumberId, { method: 'GET' }))
      .filter(({ path }) => path.includes('throughput'))
      .map(({ at }) => at);

  it('is asked for once per period by all workers together, and taken over', async () => {
    const [tenant, neighbour] = [await lab.tenant(), await lab.tenant()];
    const before = await number(tenant);
    expect(before).toMatchObject({ rate_per_second: 80, quality_rating: null, messaging_limit_tier: null });
    await tenant.control.call('PATCH', `/accounts/${tenant.wabaId}`, { business_id: '4711', messaging_limit: 2000 });
    await tenant.control.changeNumber(tenant.phoneNumberId, {
      throughput: 1000,
      quality_rating: 'YELLOW',
      name_status: 'DECLINED',
    });
    const expected = {
      rate_per_second: 1000,
      throughput_level: 'HIGH',
      quality_rating: 'YELLOW',
      name_status: 'DECLINED',
      messaging_limit_tier: 'TIER_2K',
      portfolio: 'business:4711',
    };
    await eventually('the number being polled', async () =>
      (await number(tenant))?.portfolio === expected.portfolio ? true : undefined,
    );
    expect(await number(tenant)).toMatchObject(expected);
    const times = await eventually('four polls', async () => {
      const found = await polls(tenant);
      return found.length >= 4 ? found : undefined;
    });
    for (const [index, at] of times.entries()) {
      const previous = times[index - 1];
      if (previous !== undefined) expect(at - previous).toBeGreaterThan(PERIOD_S * 1000 * 0.6);
    }
    expect((await polls(neighbour)).length).toBeGreaterThanOrEqual(2);
  });

  it('pauses a number whose token is not valid any more, and leaves the others alone', async () => {
    const [tenant, neighbour] = [await lab.tenant(), await lab.tenant()];
    const account = await tenant.control.call<{ access_tokens: string[] }>('GET', `/accounts/${tenant.wabaId}`);
    await tenant.control.call('POST', '/tokens/revoke', { access_token: account.access_tokens[0] });
    await eventually('the number being paused', async () =>
      (await number(tenant))?.paused_code === 190 ? true : undefined,
    );
    const seen = (await polls(neighbour)).length;
    await eventually('the neighbour being polled on', async () =>
      (await polls(neighbour)).length >= seen + 2 ? true : undefined,
    );
    expect(await number(neighbour)).toMatchObject({ paused_code: null, quality_rating: 'GREEN' });
    const paused = (await polls(tenant)).length;
    const after = (await polls(neighbour)).length;
    await eventually('another poll of the neighbour', async () =>
      (await polls(neighbour)).length > after ? true : undefined,
    );
    expect((await polls(tenant)).length).toBe(paused);
  });

  it('is not proved wrong by a token that may send but not ask', async () => {
    const tenant = await lab.tenant();
    const { access_token: token } = await tenant.control.call<{ access_token: string }>(
      'POST',
      `/accounts/${tenant.wabaId}/tokens`,
      { scopes: ['whatsapp_business_messaging'] },
    );
    const { Encryption } = await import('../../src/platform/crypto/encryption.js');
    const { readSettings } = await import('../../src/platform/config/settings.js');
    const { baseEnvironment } = await import('../support/environment.js');
    const sealed = new Encryption(readSettings(baseEnvironment())).encrypt(token, 'whatsapp_accounts.access_token');
    await tenant.rows(
      'UPDATE whatsapp_accounts SET access_token_encrypted = $2, updated_at = now() WHERE tenant_id = $1',
      [tenant.id, sealed],
    );
    await eventually('a refused poll', async () => {
      const refused = await tenant.control.requests(tenant.phoneNumberId, { method: 'GET' });
      return refused.some(({ http_status }) => http_status !== null && http_status >= 400) ? true : undefined;
    });
    expect(await number(tenant)).toMatchObject({ paused_code: null });
  });
});
