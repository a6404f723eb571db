import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AccountDriver, SandboxDriver, TEXT } from '../testing/sandbox-driver.js';

/** Real HTTP on a machine that may be busy. */
jest.setTimeout(30_000);

const HOUR = 3600;

describe('the 24-hour service window', () => {
  let driver: SandboxDriver;
  let account: AccountDriver;

  beforeAll(async () => {
    driver = await SandboxDriver.start();
  });
  afterAll(() => driver.close());

  const fresh = async (number = {}): Promise<void> => {
    account = await driver.account({ number });
    await account.freeze();
  };
  /** What became of a free-form message sent now. */
  const outcome = async (message = {}): Promise<string[]> => {
    const wamid = await account.accepted({ ...TEXT, ...message });
    await account.advance(10);
    return account.statuses(wamid);
  };

  it('is closed before the user wrote: 200, then failed with 131047', async () => {
    await fresh();
    const wamid = await account.accepted(TEXT);
    await account.advance(1);
    expect(await account.message(wamid)).toMatchObject({ error_code: 131047, statuses: [{ status: 'failed' }] });
  });

  it('is open until 24 hours after the last message', async () => {
    await fresh();
    await account.inbound({ webhook: false });
    await account.advance(24 * HOUR - 11);
    expect(await outcome()).toEqual(['sent', 'delivered', 'read']);
    expect((await account.advance(1))['advanced_ms']).toBe(1000);
    expect(await outcome()).toEqual(['failed']);
  });

  it('goes by the timestamp of the message, not by its arrival', async () => {
    await fresh();
    const yesterday = Math.floor(Date.now() / 1000) - 25 * HOUR;
    await account.inbound({ timestamp: yesterday, webhook: false });
    expect(await outcome()).toEqual(['failed']);
  });

  it.each([
    ['reaction', { type: 'reaction', reaction: { message_id: 'wamid.x', emoji: '👍' } }],
    ['system', { type: 'system', system: { body: 'changed', type: 'user_changed_number', wa_id: '16505550000' } }],
    ['unsupported', { type: 'unsupported' }],
  ])('is not opened by %s', async (_type, message) => {
    await fresh();
    await account.inbound({ ...message, text: undefined, webhook: false });
    expect(await outcome()).toEqual(['failed']);
  });

  it('is not needed for templates', async () => {
    await fresh();
    const template = { name: 'hello', language: { code: 'en_US' } };
    expect(await outcome({ type: 'template', text: undefined, template })).toEqual(['sent', 'delivered', 'read']);
  });

  it('belongs to one number', async () => {
    await fresh();
    const { waba_id } = await account.inbound({ webhook: false }).then(() => account.number('GET', ''));
    const second = await driver.control('POST', `/accounts/${String(waba_id)}/phone_numbers`, {});
    const path = `/${String(second['phone_number_id'])}/messages`;
    const body = { messaging_product: 'whatsapp', to: '+16505551234', ...TEXT };
    expect((await account.graph('POST', path, body)).status).toBe(200);
    await account.advance(1);
    expect(await driver.control('GET', `/messages?phone_number_id=${String(second['phone_number_id'])}`)).toMatchObject(
      {
        data: [{ error_code: 131047 }],
      },
    );
  });

  it('can be opened and closed by hand, and left unchecked', async () => {
    await fresh();
    await account.number('POST', '/window', { from: '+16505551234' });
    expect(await outcome()).toEqual(['sent', 'delivered', 'read']);
    await account.number('POST', '/window', { from: '+16505551234', open: false });
    expect(await outcome()).toEqual(['failed']);
    await account.number('PATCH', '', { enforce_window: false });
    expect(await outcome()).toEqual(['sent', 'delivered', 'read']);
  });
});
