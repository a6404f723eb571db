import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AccountDriver, CUSTOMER, errorCode, SandboxDriver, TEXT } from '../testing/sandbox-driver.js';

/** Real HTTP on a machine that may be busy. */
jest.setTimeout(30_000);

describe('POST /{phone_number_id}/messages', () => {
  let driver: SandboxDriver;
  let account: AccountDriver;

  beforeAll(async () => {
    driver = await SandboxDriver.start();
    account = await driver.account({ number: { pair_limit: { burst: 100_000 } } });
  });
  afterAll(() => driver.close());

  it('answers the recipient and a wamid', async () => {
    const { status, body } = await account.send(TEXT);
    expect(status).toBe(200);
    expect(body).toEqual({
      messaging_product: 'whatsapp',
      contacts: [{ input: CUSTOMER, wa_id: '16505551234' }],
      messages: [{ id: expect.stringMatching(/^wamid\.[A-Za-z0-9+/=]{40,}$/) }],
    });
  });

  it('takes any version of the API', async () => {
    for (const version of ['v17.0', 'v26.0', 'v99.1']) {
      const body = { messaging_product: 'whatsapp', to: CUSTOMER, ...TEXT };
      const path = `/${version}/${account.numberId}/messages`;
      expect((await driver.call('POST', path, body, account.authorization)).status).toBe(200);
    }
  });

  it('gives every message its own wamid, also over restarts', async () => {
    const other = await SandboxDriver.start();
    const elsewhere = await other.account();
    const wamids = await Promise.all([account, account, elsewhere].map((one) => one.accepted(TEXT)));
    expect(new Set(wamids).size).toBe(3);
    await other.close();
  });

  it('puts the country code of the business in front of a number without +', async () => {
    const { body } = await account.send({ ...TEXT, to: '6505551234' });
    expect(body['contacts']).toEqual([{ input: '6505551234', wa_id: '16505551234' }]);
    const stranger = await account.send({ ...TEXT, to: '16505551234' });
    expect(stranger.body['contacts']).toEqual([{ input: '16505551234', wa_id: '116505551234' }]);
    const egypt = await driver.account({ number: { display_phone_number: '+20 100 123 4567' } });
    const answer = await egypt.send({ ...TEXT, to: '1005551234' });
    expect(answer.body['contacts']).toEqual([{ input: '1005551234', wa_id: '201005551234' }]);
  });

  it('accepts spaces, hyphens and brackets in a number', async () => {
    const { body } = await account.send({ ...TEXT, to: '+1 (650) 555-1234' });
    expect(body['contacts']).toEqual([{ input: '+1 (650) 555-1234', wa_id: '16505551234' }]);
  });

  it('sends to a business-scoped user id, and to the number when both are given', async () => {
    const userId = 'US.13491208655302741918';
    const alone = await account.send({ ...TEXT, to: undefined, recipient: userId });
    expect(alone.body['contacts']).toEqual([{ input: userId, user_id: userId }]);
    const both = await account.send({ ...TEXT, recipient: userId });
    expect(both.body['contacts']).toEqual([
      { input: CUSTOMER, wa_id: '16505551234', user_id: expect.stringMatching(/^US\.\d+$/) },
    ]);
  });

  it('marks an inbound message as read', async () => {
    const { message_id } = await account.inbound({ webhook: false });
    const answer = await account.send({
      to: undefined,
      status: 'read',
      message_id,
      typing_indicator: { type: 'text' },
    });
    expect(answer).toMatchObject({ status: 200, body: { success: true } });
  });

  describe('refuses', () => {
    const body = { messaging_product: 'whatsapp', to: CUSTOMER, ...TEXT };
    const post = (numberId: string, headers: Record<string, string>) =>
      driver.call('POST', `/v26.0/${numberId}/messages`, body, headers);

    it('a request without a token with 200', async () => {
      const answer = await post(account.numberId, {});
      expect([answer.status, errorCode(answer)]).toEqual([403, 200]);
    });

    it('an unknown token with 190', async () => {
      const answer = await post(account.numberId, { authorization: 'Bearer nonsense' });
      expect([answer.status, errorCode(answer)]).toEqual([401, 190]);
    });

    it('a revoked and an expired token with 190', async () => {
      const other = await driver.account();
      await driver.control('POST', '/tokens/revoke', { access_token: other.token });
      expect(errorCode(await other.send(TEXT))).toBe(190);
      const brief = await driver.control('POST', `/accounts/${other.wabaId}/tokens`, { expires_in_s: 60 });
      const headers = { authorization: `Bearer ${String(brief['access_token'])}` };
      expect((await post(other.numberId, headers)).status).toBe(200);
      await other.advance(60);
      expect(errorCode(await post(other.numberId, headers))).toBe(190);
    });

    it("an unknown number and another account's number with 100", async () => {
      const other = await driver.account();
      for (const id of ['1234567890', other.numberId]) {
        const answer = await post(id, account.authorization);
        expect([answer.status, errorCode(answer)]).toEqual([400, 100]);
      }
    });

    it('a token without the messaging permission with 10', async () => {
      const { access_token } = await driver.control('POST', `/accounts/${account.wabaId}/tokens`, {
        scopes: ['whatsapp_business_management'],
      });
      const answer = await post(account.numberId, { authorization: `Bearer ${String(access_token)}` });
      expect([answer.status, errorCode(answer)]).toEqual([403, 10]);
    });

    it('the own number as recipient with 131021', async () => {
      const { display_phone_number } = await account.number('GET', '');
      const answer = await account.send({ ...TEXT, to: display_phone_number });
      expect(errorCode(answer)).toBe(131021);
    });

    it('what is no JSON, or more than 1 MB, with 100', async () => {
      const url = `${driver.url}/v26.0/${account.numberId}/messages`;
      const broken = await fetch(url, { method: 'POST', headers: account.authorization, body: '{"a":' });
      expect(broken.status).toBe(400);
      const big = await account.send({ type: 'text', text: { body: 'x'.repeat(1024 * 1024) } });
      expect([big.status, errorCode(big)]).toEqual([413, 100]);
    });

    it('with the documented error body', async () => {
      const { body } = await account.send({ type: 'text', text: { body: '' } });
      expect(body).toEqual({
        error: {
          message: '(#131008) Required parameter is missing',
          type: 'OAuthException',
          code: 131008,
          error_data: { messaging_product: 'whatsapp', details: "The parameter text['body'] is required." },
          fbtrace_id: expect.stringMatching(/^A[\w-]{20,}$/),
        },
      });
    });
  });
});
