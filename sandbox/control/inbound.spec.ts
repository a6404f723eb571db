import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Fields } from '../graph/read-params.js';
import { CallbackReceiver, list } from '../testing/callback-receiver.js';
import { SandboxDriver } from '../testing/sandbox-driver.js';

/** Real HTTP on a machine that may be busy. */
jest.setTimeout(30_000);

describe('inbound messages', () => {
  let driver: SandboxDriver;

  beforeAll(async () => {
    driver = await SandboxDriver.start();
  });
  afterAll(() => driver.close());

  const bodyOf = async (message: Fields): Promise<Fields> => {
    const receiver = await CallbackReceiver.start();
    const own = await driver.account({ account: { callback_url: receiver.url } });
    await own.inbound({ text: undefined, ...message });
    await receiver.until(() => receiver.changes.length === 1);
    await receiver.close();
    return receiver.changes[0]?.value ?? {};
  };

  it.each<[string, Fields, Fields]>([
    ['button', { button: { payload: 'STOP', text: 'Stop' } }, { button: { payload: 'STOP', text: 'Stop' } }],
    [
      'interactive',
      { interactive: { type: 'button_reply', button_reply: { id: 'a', title: 'A' } } },
      { interactive: { button_reply: { id: 'a' } } },
    ],
    ['reaction', { reaction: { message_id: 'wamid.x' } }, { reaction: { message_id: 'wamid.x' } }],
    ['location', { location: { latitude: 1.5, longitude: 2 } }, { location: { latitude: 1.5 } }],
    ['contacts', { contacts: [{ name: { formatted_name: 'A' } }] }, { contacts: [{ name: { formatted_name: 'A' } }] }],
    ['order', { order: { catalog_id: '1', product_items: [] } }, { order: { catalog_id: '1' } }],
    [
      'system',
      { system: { body: 'x', type: 'user_changed_number', wa_id: '16505550001' } },
      { system: { wa_id: '16505550001' } },
    ],
    ['unsupported', {}, { errors: [{ code: 131051 }] }],
    ['image', {}, { image: { mime_type: 'image/png', id: expect.any(String), sha256: expect.any(String) } }],
    ['document', { media: { filename: 'a.pdf' } }, { document: { filename: 'a.pdf' } }],
    ['sticker', {}, { sticker: { animated: false } }],
  ])('of type %s', async (type, draft, expected) => {
    const value = await bodyOf({ type, ...draft });
    const [message] = list(value['messages']);
    expect(message).toMatchObject({ type, from: '16505551234', from_user_id: expect.any(String), ...expected });
  });

  it('of type audio, spoken or not', async () => {
    const voice = await bodyOf({ type: 'voice' });
    expect(list(voice['messages'])[0]).toMatchObject({ type: 'audio', audio: { voice: true } });
    const audio = await bodyOf({ type: 'audio' });
    expect(list(audio['messages'])[0]).toMatchObject({ type: 'audio', audio: { voice: false } });
  });

  it('from somebody who hides the phone number', async () => {
    const value = await bodyOf({
      from: undefined,
      from_user_id: 'US.99',
      text: 'Hi',
      profile_name: 'Ana',
      username: '@ana',
    });
    expect(value['contacts']).toEqual([{ profile: { name: 'Ana', username: '@ana' }, user_id: 'US.99' }]);
    expect(list(value['messages'])[0]).not.toHaveProperty('from');
    const hidden = await bodyOf({ text: 'Hi', hide_phone_number: true });
    expect(list(hidden['contacts'])[0]).not.toHaveProperty('wa_id');
  });

  it('with a context, a referral, an id and a time of its own', async () => {
    const value = await bodyOf({
      text: 'Hi',
      context_message_id: 'wamid.q',
      referral: { source_type: 'ad' },
      message_id: 'wamid.own',
      timestamp: 1_749_416_383,
    });
    expect(list(value['messages'])[0]).toMatchObject({
      id: 'wamid.own',
      timestamp: '1749416383',
      context: { id: 'wamid.q' },
      referral: { source_type: 'ad' },
    });
  });

  it('after which the new number is the same user', async () => {
    const account = await driver.account();
    const before = await account.inbound({ webhook: false });
    const system = { body: 'x', type: 'user_changed_number', wa_id: '16505550001' };
    await account.inbound({ type: 'system', text: undefined, system, webhook: false });
    const after = await account.inbound({ from: '+16505550001', webhook: false });
    expect(after['user_id']).toBe(before['user_id']);
  });
});
