import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { list } from '../testing/callback-receiver.js';
import { AccountDriver, errorCode, SandboxDriver } from '../testing/sandbox-driver.js';

/** Real HTTP on a machine that may be busy. */
jest.setTimeout(30_000);

describe('reading Graph objects', () => {
  let driver: SandboxDriver;
  let account: AccountDriver;

  beforeAll(async () => {
    driver = await SandboxDriver.start();
    account = await driver.account({ number: { verified_name: 'Shop', display_phone_number: '+44 20 7946 0000' } });
  });
  afterAll(() => driver.close());

  it('a phone number, with the fields asked for', async () => {
    const fields =
      'display_phone_number,verified_name,quality_rating,throughput{level},status,platform_type,code_verification_status,whatsapp_business_manager_messaging_limit,health_status';
    const { body } = await account.graph('GET', `/${account.numberId}?fields=${fields}`);
    expect(body).toEqual({
      id: account.numberId,
      display_phone_number: '+44 20 7946 0000',
      verified_name: 'Shop',
      quality_rating: 'GREEN',
      throughput: { level: 'STANDARD' },
      status: 'CONNECTED',
      platform_type: 'CLOUD_API',
      code_verification_status: 'VERIFIED',
      whatsapp_business_manager_messaging_limit: 'TIER_UNLIMITED',
      health_status: { can_send_message: 'AVAILABLE', entities: expect.any(Array) },
    });
  });

  it('a phone number that is upgraded, limited, blocked', async () => {
    await account.number('PATCH', '', { throughput: 1000, quality_rating: 'YELLOW', status: 'FLAGGED' });
    await driver.control('PATCH', `/accounts/${account.wabaId}`, { messaging_limit: 2000 });
    const path = `/${account.numberId}?fields=throughput,quality_rating,whatsapp_business_manager_messaging_limit,health_status`;
    expect((await account.graph('GET', path)).body).toMatchObject({
      throughput: { level: 'HIGH' },
      quality_rating: 'YELLOW',
      whatsapp_business_manager_messaging_limit: 'TIER_2K',
      health_status: { can_send_message: 'BLOCKED' },
    });
    await driver.control('PATCH', `/accounts/${account.wabaId}`, { messaging_limit: null });
    await account.number('PATCH', '', { throughput: 80, quality_rating: 'GREEN', status: 'CONNECTED' });
  });

  it('an account and its phone numbers', async () => {
    expect((await account.graph('GET', `/${account.wabaId}?fields=name,currency`)).body).toEqual({
      id: account.wabaId,
      name: 'Sandbox account',
      currency: 'USD',
    });
    const { body } = await account.graph('GET', `/${account.wabaId}/phone_numbers`);
    expect(list(body['data']).map((number) => number['id'])).toEqual([account.numberId]);
  });

  it('templates, page by page', async () => {
    const seen: unknown[] = [];
    let path: string | null = `/${account.wabaId}/message_templates?fields=name&limit=2`;
    while (path !== null) {
      const { body }: { body: Record<string, unknown> } = await account.graph('GET', path);
      seen.push(...list(body['data']).map((template) => template['name']));
      const next: unknown = Reflect.get(Object(body['paging']), 'next');
      path = typeof next === 'string' ? next.slice(next.indexOf('/v26.0') + 6) : null;
    }
    expect(seen).toEqual(['hello', 'order_update', 'summer_sale', 'verification_code', 'winter_sale']);
  });

  it.each([
    ['status=APPROVED', 4],
    ['status=paused', 1],
    ['category=MARKETING', 2],
    ['name=order_update', 1],
    ['language=de', 0],
  ])('templates filtered by %s', async (filter, count) => {
    const { body } = await account.graph('GET', `/${account.wabaId}/message_templates?${filter}`);
    expect(list(body['data'])).toHaveLength(count);
  });

  it('as many templates as the hour’s management calls allow', async () => {
    const own = await driver.account();
    await driver.control('PATCH', `/accounts/${own.wabaId}`, { management_limit: 2 });
    const read = () => own.graph('GET', `/${own.wabaId}/message_templates`);
    expect([(await read()).status, (await read()).status]).toEqual([200, 200]);
    expect(errorCode(await read())).toBe(80008);
    await driver.control('POST', '/clock', { waba_id: own.wabaId, advance_s: 3600 });
    expect((await read()).status).toBe(200);
  });

  it('one template', async () => {
    const { body } = await account.graph('GET', `/${account.wabaId}/message_templates?name=order_update`);
    const [template] = list(body['data']);
    const id = String(template?.['id']);
    expect(template).toEqual({
      id,
      name: 'order_update',
      language: 'en_US',
      status: 'APPROVED',
      category: 'UTILITY',
      parameter_format: 'POSITIONAL',
      components: [{ type: 'BODY', text: 'Hello {{1}}, your order {{2}} is on its way.' }],
    });
    const fields = 'quality_score,health_status,rejected_reason';
    expect((await account.graph('GET', `/${id}?fields=${fields}`)).body).toMatchObject({
      quality_score: { score: 'UNKNOWN' },
      health_status: { can_send_message: 'AVAILABLE' },
      rejected_reason: 'NONE',
    });
  });

  it('a token, valid or not', async () => {
    const debug = (token: string) => account.graph('GET', `/debug_token?input_token=${encodeURIComponent(token)}`);
    expect((await debug(account.token)).body).toMatchObject({
      data: {
        app_id: account.appId,
        is_valid: true,
        expires_at: 0,
        scopes: ['whatsapp_business_messaging', 'whatsapp_business_management'],
        granular_scopes: [{ target_ids: [account.wabaId] }, { target_ids: [account.wabaId] }],
      },
    });
    expect((await debug('nonsense')).body).toMatchObject({ data: { is_valid: false, error: { code: 190 } } });
    const unversioned = `/debug_token?input_token=${account.token}&access_token=${account.appId}|${account.appSecret}`;
    expect((await driver.call('GET', unversioned)).body).toMatchObject({ data: { is_valid: true } });
  });

  it('never a token in the record', async () => {
    await account.graph('GET', `/debug_token?input_token=${account.token}`);
    const requests = await driver.call('GET', '/control/requests');
    expect(requests.text).toContain('debug_token');
    expect(requests.text).not.toContain(account.token);
  });

  describe('is refused', () => {
    it.each<[string, string, number]>([
      ['a field that does not exist', '?fields=shoe_size', 100],
      ['a limit that is no number', '/message_templates?limit=many', 100],
      ['a cursor of somebody else', '/message_templates?after=abc', 100],
      ['an unknown edge', '/shoes', 100],
    ])('for %s', async (_name, path, code) => {
      expect(errorCode(await account.graph('GET', `/${account.wabaId}${path}`))).toBe(code);
    });

    it("for another account's objects", async () => {
      const other = await driver.account();
      for (const path of [`/${other.wabaId}`, `/${other.numberId}`, `/${other.wabaId}/message_templates`]) {
        expect(errorCode(await account.graph('GET', path))).toBe(100);
      }
    });

    it('without a token, and without the management permission', async () => {
      expect(errorCode(await driver.call('GET', `/v26.0/${account.wabaId}`))).toBe(200);
      const scopes = ['whatsapp_business_messaging'];
      const { access_token } = await driver.control('POST', `/accounts/${account.wabaId}/tokens`, { scopes });
      const headers = { authorization: `Bearer ${String(access_token)}` };
      expect(errorCode(await driver.call('GET', `/v26.0/${account.wabaId}`, undefined, headers))).toBe(10);
    });
  });
});
