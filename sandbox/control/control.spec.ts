import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CallbackReceiver, list } from '../testing/callback-receiver.js';
import { AccountDriver, CUSTOMER, errorCode, SandboxDriver, TEXT } from '../testing/sandbox-driver.js';
import { DEMO } from '../world/defaults.js';

/** Real HTTP on a machine that may be busy. */
jest.setTimeout(30_000);

describe('the control API', () => {
  let driver: SandboxDriver;
  let account: AccountDriver;

  beforeAll(async () => {
    driver = await SandboxDriver.start();
  });
  afterAll(() => driver.close());
  beforeEach(async () => {
    account = await driver.account({ number: { enforce_window: false } });
  });

  const wait = (text: string) => driver.call('GET', `/control/wait?${text}&phone_number_id=${account.numberId}`);

  it('names the demo account, which never changes', async () => {
    expect(await driver.control('GET', '/defaults')).toMatchObject({
      api_base_url: driver.url,
      app_id: DEMO.appId,
      app_secret: DEMO.appSecret,
      waba_id: DEMO.accountId,
      access_token: DEMO.accessToken,
      phone_number_id: DEMO.phoneNumberId,
      display_phone_number: DEMO.displayPhoneNumber,
      subscribed: false,
    });
  });

  it('makes accounts and numbers with the ids that are asked for, once', async () => {
    const draft = {
      waba_id: '777',
      app_id: '778',
      app_secret: 's',
      access_token: 'T',
      phone_numbers: [{ phone_number_id: '779' }],
    };
    expect(await driver.control('POST', '/accounts', draft)).toMatchObject({
      waba_id: '777',
      app_id: '778',
      app_secret: 's',
      access_token: 'T',
      phone_numbers: [{ phone_number_id: '779', throughput: 80 }],
    });
    const again = await driver.call('POST', '/control/accounts', { waba_id: '777' });
    expect([again.status, again.body['error']]).toEqual([400, 'id 777 is taken']);
  });

  it('counts what was accepted by the message part of the opaque data', async () => {
    for (const opaque of ['m=1;a=1', 'm=1;a=2', 'm=2;a=1', undefined]) {
      await account.accepted({ ...TEXT, biz_opaque_callback_data: opaque });
    }
    expect(await driver.control('GET', `/messages/counts?phone_number_id=${account.numberId}`)).toEqual({
      total: 4,
      distinct: 2,
      without_opaque: 1,
      duplicates: { 'm=1': 2 },
      counts: { 'm=1': 2, 'm=2': 1 },
    });
    const one = await driver.control('GET', `/messages?phone_number_id=${account.numberId}&opaque=m%3D1`);
    expect(list(one['data'])).toHaveLength(2);
  });

  it('records every request with its body and outcome, and answers those since a mark', async () => {
    await account.send(TEXT);
    const first = await driver.control('GET', `/requests?phone_number_id=${account.numberId}`);
    await account.send({ type: 'text', text: {} });
    const { data } = await driver.control(
      'GET',
      `/requests?phone_number_id=${account.numberId}&since=${String(first['last_seq'])}`,
    );
    expect(list(first['data'])).toMatchObject([
      {
        method: 'POST',
        to: '16505551234',
        type: 'text',
        outcome: 'accepted',
        http_status: 200,
        wamid: expect.any(String),
      },
    ]);
    expect(list(data)).toMatchObject([{ outcome: 'rejected', http_status: 400, error_code: 131008, wamid: null }]);
    expect(JSON.parse(String(list(data)[0]?.['body']))).toMatchObject({ to: CUSTOMER, text: {} });
  });

  it('can leave bodies out of the record', async () => {
    await driver.control('POST', '/record', { bodies: false });
    const wamid = await account.accepted(TEXT);
    await driver.control('POST', '/record', { bodies: true });
    expect(await account.message(wamid)).toMatchObject({ body: null });
    expect(await account.message(await account.accepted(TEXT))).toMatchObject({ body: expect.any(String) });
  });

  describe('lets one wait', () => {
    it('for what already happened', async () => {
      const wamid = await account.accepted(TEXT);
      const answer = await wait(`kind=message&wamid=${encodeURIComponent(wamid)}`);
      expect(answer).toMatchObject({ status: 200, body: { matched: true, count: 1 } });
    });

    it('for what is still to come, as many as asked for', async () => {
      const waiting = wait('kind=message&count=2');
      await account.accepted(TEXT);
      expect(await Promise.race([waiting.then(() => 'matched'), account.accepted(TEXT).then(() => 'sent')])).toBe(
        'sent',
      );
      expect((await waiting).body).toMatchObject({ matched: true, count: 2 });
    });

    it('for a status, a request that was refused, an inbound message', async () => {
      await account.freeze();
      const status = wait('kind=status&status=read');
      const refused = wait('kind=request&outcome=rejected&error_code=131008');
      const inbound = wait('kind=inbound');
      await account.accepted(TEXT);
      await account.advance(2);
      await account.send({ type: 'text', text: {} });
      await account.inbound({ webhook: false });
      for (const answer of await Promise.all([status, refused, inbound])) expect(answer.status).toBe(200);
    });

    it('for the callback to have taken a webhook', async () => {
      const receiver = await CallbackReceiver.start();
      const heard = await driver.account({ account: { callback_url: receiver.url } });
      const { message_id } = await heard.inbound();
      const path = `/wait?kind=webhook_delivered&wamid=${encodeURIComponent(String(message_id))}`;
      expect(await driver.control('GET', path)).toMatchObject({ events: [{ field: 'messages', attempt: 1 }] });
      expect(await driver.control('GET', path)).toMatchObject({ matched: true });
      await receiver.close();
    });

    it('until nothing is under way', async () => {
      await account.freeze();
      await account.accepted(TEXT);
      const idle = wait('kind=idle');
      expect(await Promise.race([idle.then(() => 'idle'), account.number('GET', '').then(() => 'busy')])).toBe('busy');
      await account.advance(60);
      expect((await idle).body).toEqual({ matched: true });
    });

    it('no longer than told: 408', async () => {
      expect(await wait('kind=message&timeout_ms=30')).toMatchObject({
        status: 408,
        body: { matched: false, count: 0 },
      });
      await account.freeze();
      await account.accepted(TEXT);
      expect(await wait('kind=idle&timeout_ms=30')).toMatchObject({ status: 408, body: { matched: false } });
    });
  });

  describe('moves the clock', () => {
    it('of one account only', async () => {
      const other = await driver.account();
      await account.advance(3600);
      const { accounts } = await driver.control('GET', '/clock');
      const offsetOf = (wabaId: string) => list(accounts).find((one) => one['waba_id'] === wabaId)?.['offset_ms'];
      expect(offsetOf(account.wabaId)).toBe(3_600_000);
      expect(offsetOf(other.wabaId)).toBe(0);
    });

    it('of all accounts, those to come as well', async () => {
      const own = await SandboxDriver.start();
      await own.control('POST', '/clock', { advance_s: 60 });
      await own.account();
      const { accounts } = await own.control('GET', '/clock');
      for (const one of list(accounts)) expect(one['offset_ms']).toBe(60_000);
      await own.close();
    });

    it('never back', async () => {
      expect((await driver.call('POST', '/control/clock', { advance_s: -1 })).status).toBe(400);
    });
  });

  it('resets an account and keeps its ids and settings', async () => {
    await account.number('POST', '/faults', { kind: 'html_502' });
    await account.number('PATCH', '', { throughput: 500, behaviour: { duplicate: 1 } });
    await driver.control('POST', `/accounts/${account.wabaId}/templates/hello/status`, {
      status: 'PAUSED',
      webhook: false,
    });
    await driver.control('POST', `/accounts/${account.wabaId}/reset`);
    expect((await account.send(TEXT)).status).toBe(200);
    expect(await account.number('GET', '')).toMatchObject({ throughput: 500, behaviour: { duplicate: 0 } });
    const { data } = await driver.control('GET', `/accounts/${account.wabaId}/templates`);
    expect(list(data).find((template) => template['name'] === 'hello')).toMatchObject({ status: 'APPROVED' });
  });

  it.each<[string, string, string, unknown, number]>([
    ['an unknown call', 'GET', '/nothing', undefined, 404],
    ['an unknown account', 'GET', '/accounts/1', undefined, 404],
    ['an unknown number', 'PATCH', '/phone_numbers/1', {}, 404],
    ['a misspelled key', 'POST', '/accounts', { nmae: 'x' }, 400],
    ['a number that is none', 'POST', '/accounts', { phone_numbers: [{ display_phone_number: 'call me' }] }, 400],
    ['messages of no number', 'GET', '/messages', undefined, 404],
    ['a wait for nothing known', 'GET', '/wait?kind=christmas', undefined, 400],
    ['a bad limit', 'GET', '/requests?limit=0', undefined, 400],
    ['a body that is a list', 'POST', '/accounts', [], 400],
    ['an unknown token', 'POST', '/tokens/revoke', { access_token: 'x' }, 404],
  ])('refuses %s', async (_name, method, path, body, status) => {
    const answer = await driver.call(method, `/control${path}`, body);
    expect([answer.status, typeof answer.body['error']]).toEqual([status, 'string']);
  });

  it('keeps accounts apart', async () => {
    const other = await driver.account();
    await account.accepted(TEXT);
    expect(await other.number('GET', '/stats')).toMatchObject({ accepted: 0 });
    expect(errorCode(await other.graph('POST', `/${account.numberId}/messages`, {}))).toBe(100);
  });
});
