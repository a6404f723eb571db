import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Fields } from '../graph/read-params.js';
import { CallbackReceiver, expectedSignature, list } from '../testing/callback-receiver.js';
import { AccountDriver, errorCode, SandboxDriver, TEXT } from '../testing/sandbox-driver.js';

/** Real HTTP on a machine that may be busy. */
jest.setTimeout(30_000);

const DAY = 86_400;

describe('webhooks', () => {
  let driver: SandboxDriver;
  let receiver: CallbackReceiver;
  let account: AccountDriver;

  beforeAll(async () => {
    driver = await SandboxDriver.start();
  });
  afterAll(() => driver.close());
  beforeEach(async () => {
    receiver = await CallbackReceiver.start();
    account = await driver.account({ account: { callback_url: receiver.url }, number: { enforce_window: false } });
  });
  afterEach(() => receiver.close());

  const texts = (): unknown[] =>
    receiver.changes.flatMap((change) =>
      list(change.value['messages']).map((message) => Reflect.get(Object(message['text']), 'body') as unknown),
    );

  it('are signed over the escaped bytes', async () => {
    await account.inbound({ text: 'é 👍', profile_name: 'Zoë' });
    await receiver.until(() => receiver.posts.length === 1);
    const [post] = receiver.posts;
    const raw = post?.raw ?? Buffer.alloc(0);
    expect(raw.toString('latin1')).toContain('{"body":"\\u00e9 \\ud83d\\udc4d"}');
    expect(raw.every((byte) => byte < 0x80)).toBe(true);
    expect(post?.signature).toBe(expectedSignature(raw, account.appSecret));
    expect(texts()).toEqual(['é 👍']);
  });

  it('can be signed wrongly or not at all', async () => {
    const sign = (mode: string) => driver.control('POST', `/accounts/${account.wabaId}/webhooks/signature`, { mode });
    for (const mode of ['wrong', 'missing', 'right']) {
      await sign(mode);
      await account.inbound();
      await account.idle();
    }
    const right = receiver.posts.map((post) => post.signature === expectedSignature(post.raw, account.appSecret));
    expect(right).toEqual([false, false, true]);
    expect(receiver.posts[0]?.signature).toMatch(/^sha256=[0-9a-f]{64}$/);
    expect(receiver.posts[1]?.signature).toBeUndefined();
  });

  it('come together: many updates and several accounts in one body', async () => {
    const other = await driver.account({ account: { app_id: account.appId, subscribed: true } });
    await driver.control('POST', `/accounts/${account.wabaId}/webhooks/pause`);
    await driver.control('POST', `/accounts/${other.wabaId}/webhooks/pause`);
    for (let count = 0; count < 5; count++) await account.inbound({ text: `a${count}` });
    await other.inbound({ text: 'b' });
    // Both at the same moment, which two calls cannot promise.
    const { accounts, webhooks } = driver.sandbox.world;
    for (const wabaId of [account.wabaId, other.wabaId]) {
      const held = accounts.get(wabaId);
      if (held !== undefined) webhooks.resume(held);
    }
    await receiver.until(() => texts().length === 6);
    expect(texts()).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'b']);
    expect(receiver.posts).toHaveLength(1);
    expect(receiver.posts[0]?.entries.map((entry) => entry['id'])).toEqual([account.wabaId, other.wabaId]);
  });

  it('are held while paused', async () => {
    await driver.control('POST', `/accounts/${account.wabaId}/webhooks/pause`);
    await account.inbound({ text: 'held' });
    const other = await driver.account({ account: { callback_url: receiver.url } });
    await other.inbound({ text: 'not held' });
    await receiver.until(() => texts().length === 1);
    expect(texts()).toEqual(['not held']);
    await driver.control('POST', `/accounts/${account.wabaId}/webhooks/resume`);
    await receiver.until(() => texts().length === 2);
  });

  it('are tried again at once, then with pauses, until the answer is 200', async () => {
    await account.freeze();
    const answers = [500, 204, 302, 200];
    receiver.answer = () => answers[receiver.posts.length] ?? 200;
    await account.inbound({ text: 'again' });
    await receiver.until(() => receiver.posts.length === 2);
    await account.advance(1.3);
    await receiver.until(() => receiver.posts.length === 3);
    await account.advance(2.5);
    await receiver.until(() => receiver.posts.length === 4);
    expect(await account.idle()).toMatchObject({ matched: true });
    expect(new Set(receiver.posts.map((post) => post.raw.toString())).size).toBe(1);
  });

  it('wait for a callback that is away, and can be sent at once when it is back', async () => {
    const { url } = receiver;
    await receiver.close();
    await account.inbound({ text: 'kept' });
    await driver.control('GET', `/wait?kind=inbound&phone_number_id=${account.numberId}`);
    const elsewhere = await CallbackReceiver.start();
    await driver.control('PUT', `/apps/${account.appId}/callback`, { callback_url: elsewhere.url });
    await account.inbound({ text: 'new address' });
    await elsewhere.until(() => elsewhere.changes.length === 1);
    const { callbacks } = await driver.control('GET', '/stats');
    expect(list(callbacks).find((callback) => callback['callback_url'] === url)).toMatchObject({
      backlog: 1,
      delivered: 0,
    });
    await elsewhere.close();
    receiver = await CallbackReceiver.start();
  });

  it('can be tried again at once, without waiting for the pause', async () => {
    await account.freeze();
    receiver.answer = () => (receiver.posts.length < 3 ? 503 : 200);
    await account.inbound({ text: 'again' });
    await receiver.until(() => receiver.posts.length === 2);
    await account.advance(1.3);
    await receiver.until(() => receiver.posts.length === 3);
    const retried = receiver.until(() => receiver.posts.length === 4);
    await driver.control('POST', `/accounts/${account.wabaId}/webhooks/retry`);
    await retried;
    expect(await account.idle()).toMatchObject({ matched: true });
  });

  it('are given up after 7 days', async () => {
    receiver.answer = () => 500;
    await account.inbound({ text: 'lost' });
    await receiver.until(() => receiver.posts.length === 2);
    await account.advance(7 * DAY - 60);
    await receiver.until(() => receiver.posts.length === 3);
    await account.advance(3600);
    expect(await account.idle()).toMatchObject({ matched: true });
    expect(receiver.posts).toHaveLength(3);
    const { callbacks } = await driver.control('GET', '/stats');
    expect(list(callbacks).find((callback) => callback['callback_url'] === receiver.url)).toMatchObject({ dropped: 1 });
  });

  it('carry at most 1,000 updates in one body', async () => {
    const { accounts, webhooks } = driver.sandbox.world;
    const owner = accounts.get(account.wabaId);
    if (owner === undefined) throw new Error('the account is gone');
    for (let count = 0; count < 1001; count++) webhooks.sendAccountChange(owner, 'account_alerts', { count });
    await receiver.until(() => receiver.changes.length === 1001);
    expect(receiver.posts.map((post) => post.entries.length).sort()).toEqual([1, 1000]);
  });

  it('of account events carry the time in the entry', async () => {
    const value = { display_phone_number: '15558050100', event: 'THROUGHPUT_UPGRADE', current_limit: 'TIER_100K' };
    await driver.control('POST', `/accounts/${account.wabaId}/events`, { field: 'phone_number_quality_update', value });
    await receiver.until(() => receiver.changes.length === 1);
    expect(receiver.changes[0]).toEqual({
      accountId: account.wabaId,
      time: expect.any(Number),
      field: 'phone_number_quality_update',
      value,
    });
  });

  it('tell of template changes', async () => {
    const path = `/accounts/${account.wabaId}/templates/summer_sale`;
    await driver.control('POST', `${path}/status`, { status: 'REJECTED', reason: 'INVALID_FORMAT' });
    await driver.control('POST', `${path}/status`, { status: 'PAUSED', title: 'SECOND_PAUSE' });
    await driver.control('POST', `${path}/quality`, { quality: 'RED' });
    await receiver.until(() => receiver.changes.length === 3);
    const id: unknown = expect.any(Number);
    expect(receiver.changes.map(({ field, value }) => ({ field, value }))).toMatchObject([
      {
        field: 'message_template_status_update',
        value: {
          event: 'REJECTED',
          reason: 'INVALID_FORMAT',
          message_template_id: id,
          message_template_name: 'summer_sale',
          message_template_language: 'en-US',
        },
      },
      {
        field: 'message_template_status_update',
        value: { event: 'PAUSED', reason: null, other_info: { title: 'SECOND_PAUSE' } },
      },
      {
        field: 'message_template_quality_update',
        value: { previous_quality_score: 'UNKNOWN', new_quality_score: 'RED' },
      },
    ]);
  });

  it('can be injected with any body and signature', async () => {
    const payload = { object: 'whatsapp_business_account', entry: [], note: 'é' };
    const inject = (body: Fields) => driver.control('POST', '/webhooks/inject', { waba_id: account.wabaId, ...body });
    expect(await inject({ payload })).toMatchObject({ status: 200 });
    expect(await inject({ payload, signature: 'wrong' })).toMatchObject({ status: 200 });
    receiver.answer = () => 401;
    expect(await inject({ raw: '{"object":"x"}', signature: 'missing' })).toMatchObject({ status: 401 });
    const right = receiver.posts.map((post) => post.signature === expectedSignature(post.raw, account.appSecret));
    expect(right).toEqual([true, false, false]);
    expect(receiver.posts[2]?.raw.toString()).toBe('{"object":"x"}');
  });

  describe('go to', () => {
    const override = (token: string) => ({ override_callback_uri: receiver.url, verify_token: token });

    it('nobody before the app is subscribed to the account', async () => {
      const app = await driver.control('POST', '/apps', { callback_url: receiver.url });
      const quiet = await driver.account({ account: { app_id: app['app_id'], subscribed: false } });
      await quiet.inbound({ text: 'unheard' });
      expect(await quiet.idle()).toMatchObject({ matched: true });
      expect((await quiet.graph('POST', `/${quiet.wabaId}/subscribed_apps`)).body).toEqual({ success: true });
      await quiet.inbound({ text: 'heard' });
      await receiver.until(() => texts().length === 1);
      expect(texts()).toEqual(['heard']);
      expect((await quiet.graph('GET', `/${quiet.wabaId}/subscribed_apps`)).body['data']).toHaveLength(1);
      await quiet.graph('DELETE', `/${quiet.wabaId}/subscribed_apps`);
      expect((await quiet.graph('GET', `/${quiet.wabaId}/subscribed_apps`)).body['data']).toEqual([]);
    });

    it('the override of the account, after the handshake', async () => {
      const other = await driver.account();
      const refused = await other.graph('POST', `/${other.wabaId}/subscribed_apps`, override('wrong'));
      expect(errorCode(refused)).toBe(2200);
      const accepted = await other.graph('POST', `/${other.wabaId}/subscribed_apps`, override(receiver.verifyToken));
      expect(accepted.body).toEqual({ success: true });
      expect(receiver.handshakes.at(-1)?.get('hub.mode')).toBe('subscribe');
      expect(receiver.handshakes.at(-1)?.get('hub.challenge')).toMatch(/^\d+$/);
      await other.inbound({ text: 'mine' });
      await receiver.until(() => texts().length === 1);
    });

    it('the override of the number before that of the account', async () => {
      const ofNumber = await CallbackReceiver.start();
      const body = {
        webhook_configuration: { override_callback_uri: ofNumber.url, verify_token: ofNumber.verifyToken },
      };
      expect((await account.graph('POST', `/${account.numberId}`, body)).status).toBe(200);
      await account.inbound();
      await ofNumber.until(() => ofNumber.changes.length === 1);
      expect(receiver.posts).toHaveLength(0);
      await ofNumber.close();
    });

    it('nothing that does not answer the challenge, or is no web address', async () => {
      for (const uri of ['http://127.0.0.1:1/x', 'ftp://127.0.0.1/x', `${receiver.url}?${'x'.repeat(200)}`]) {
        const body = { override_callback_uri: uri, verify_token: 'x' };
        expect((await account.graph('POST', `/${account.wabaId}/subscribed_apps`, body)).status).toBe(400);
      }
    });
  });

  it('carry the statuses of what was sent', async () => {
    const wamid = await account.accepted(TEXT);
    await account.advance(10);
    await receiver.until(() => receiver.statusesOf(wamid).length === 3);
  });
});
