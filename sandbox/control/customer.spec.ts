import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CallbackReceiver } from '../testing/callback-receiver.js';
import { CUSTOMER, SandboxDriver, TEXT, type AccountDriver } from '../testing/sandbox-driver.js';

/** Real HTTP on a machine that may be busy. */
jest.setTimeout(30_000);

describe('what users do beside writing', () => {
  let driver: SandboxDriver;
  let receiver: CallbackReceiver;
  let account: AccountDriver;
  beforeAll(async () => {
    driver = await SandboxDriver.start();
    receiver = await CallbackReceiver.start();
    account = await driver.account({ account: { callback_url: receiver.url } });
  });
  afterAll(async () => {
    await driver.close();
    await receiver.close();
  });

  const change = async (field: string) => {
    await receiver.until(() => receiver.changes.some((one) => one.field === field));
    return receiver.changes.find((one) => one.field === field)?.value;
  };
  const errorOf = async (message: object): Promise<unknown> => {
    const wamid = await account.accepted({ ...message });
    await account.idle();
    return (await account.message(wamid))['error_code'];
  };

  it('a call opens the service window by its own time, and comes as a `calls` webhook', async () => {
    const from = '+16505550101';
    const yesterday = Math.floor(Date.now() / 1000) - 25 * 3600;
    await account.number('POST', '/calls', { from, timestamp: yesterday, webhook: false });
    expect(await errorOf({ ...TEXT, to: from })).toBe(131047);
    await account.number('POST', '/calls', { from, event: 'terminate', webhook: false });
    expect(await errorOf({ ...TEXT, to: from })).toBe(131047);
    await account.number('POST', '/calls', { from });
    expect(await errorOf({ ...TEXT, to: from })).toBeNull();
    expect(await change('calls')).toMatchObject({
      metadata: { phone_number_id: account.numberId },
      contacts: [{ wa_id: '16505550101' }],
      calls: [
        {
          from: '16505550101',
          from_user_id: expect.any(String),
          event: 'connect',
          direction: 'USER_INITIATED',
          timestamp: expect.stringMatching(/^\d{10}$/),
        },
      ],
    });
  });

  it('who stops marketing gets none (131050) until it is resumed, and everything else', async () => {
    await driver.control('POST', `/accounts/${account.wabaId}/templates`, {
      name: 'sale',
      language: 'en_US',
      category: 'MARKETING',
      components: [{ type: 'BODY', text: 'Sale' }],
    });
    const template = (name: string) => ({ type: 'template', template: { name, language: { code: 'en_US' } } });
    expect(await errorOf(template('sale'))).toBeNull();
    await account.number('POST', '/preferences', { from: CUSTOMER, value: 'stop' });
    expect(await errorOf(template('sale'))).toBe(131050);
    expect(await errorOf(template('hello'))).toBeNull();
    expect(await change('user_preferences')).toMatchObject({
      user_preferences: [{ wa_id: CUSTOMER.slice(1), category: 'marketing_messages', value: 'stop' }],
    });
    await account.number('POST', '/preferences', { from: CUSTOMER, value: 'resume', webhook: false });
    expect(await errorOf(template('sale'))).toBeNull();
  });
});
