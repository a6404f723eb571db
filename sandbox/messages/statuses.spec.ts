import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { isFields, type Fields } from '../graph/read-params.js';
import { CallbackReceiver, list } from '../testing/callback-receiver.js';
import { AccountDriver, SandboxDriver, TEXT } from '../testing/sandbox-driver.js';

/** Real HTTP on a machine that may be busy. */
jest.setTimeout(30_000);

describe('statuses', () => {
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
    await account.freeze();
  });
  afterEach(() => receiver.close());

  const behave = (behaviour: Fields): Promise<Fields> => account.number('PATCH', '', { behaviour });
  const names = (wamid: string): unknown[] => receiver.statusesOf(wamid).map((status) => status['status']);
  /** Sends, lets a minute pass, and gives the statuses as the callback got them. */
  const life = async (message: Fields = TEXT): Promise<{ wamid: string; got: unknown[] }> => {
    const wamid = await account.accepted(message);
    await account.advance(60);
    await account.idle();
    return { wamid, got: names(wamid) };
  };

  it('come as sent, delivered, read after their delays', async () => {
    await behave({ delays: { sent: 100, delivered: 500, read: 1500 } });
    const wamid = await account.accepted(TEXT);
    const seen: string[][] = [];
    for (const seconds of [0.099, 0.001, 0.4, 0.999, 0.001]) {
      await account.advance(seconds);
      seen.push(await account.statuses(wamid));
    }
    expect(seen).toEqual([[], ['sent'], ['sent', 'delivered'], ['sent', 'delivered'], ['sent', 'delivered', 'read']]);
  });

  it('carry the documented fields, the opaque data on each, the price once, and no conversation', async () => {
    const { wamid } = await life({ ...TEXT, biz_opaque_callback_data: 'm=1;a=1' });
    const changes = receiver.changes.filter((change) => list(change.value['statuses'])[0]?.['id'] === wamid);
    expect(changes).toHaveLength(3);
    const [sent, delivered] = changes;
    const contact = { wa_id: '16505551234', user_id: expect.stringMatching(/^US\.\d+$/) };
    expect(sent).toMatchObject({ accountId: account.wabaId, field: 'messages', time: undefined });
    expect(sent?.value).toEqual({
      messaging_product: 'whatsapp',
      metadata: { display_phone_number: expect.stringMatching(/^\d+$/), phone_number_id: account.numberId },
      contacts: [contact],
      statuses: [
        {
          id: wamid,
          status: 'sent',
          timestamp: expect.stringMatching(/^\d{10}$/),
          recipient_id: '16505551234',
          recipient_user_id: contact.user_id,
          biz_opaque_callback_data: 'm=1;a=1',
          pricing: { billable: false, pricing_model: 'PMP', type: 'free_customer_service', category: 'service' },
        },
      ],
    });
    expect(list(delivered?.value['statuses'])[0]).toMatchObject({ biz_opaque_callback_data: 'm=1;a=1' });
    const all = receiver.statusesOf(wamid);
    expect(all.filter((status) => 'pricing' in status)).toHaveLength(1);
    expect(all.some((status) => 'conversation' in status)).toBe(false);
  });

  it('hide the number of a recipient addressed by business-scoped user id', async () => {
    const recipient = 'US.13491208655302741918';
    const { wamid } = await life({ ...TEXT, to: undefined, recipient });
    const [sent] = receiver.statusesOf(wamid);
    expect(sent).toMatchObject({ recipient_user_id: recipient });
    expect(sent).not.toHaveProperty('recipient_id');
  });

  it('end with played for voice messages, and with sent for reactions', async () => {
    const { message_id } = await account.inbound({ webhook: false });
    const reaction = { type: 'reaction', reaction: { message_id, emoji: '👍' } };
    expect((await life(reaction)).got).toEqual(['sent']);
    const upload = await account.upload(Buffer.from('OggS and some sound'), 'audio/ogg', 'voice.ogg');
    const voice = { type: 'audio', audio: { id: upload.body['id'], voice: true } };
    expect((await life(voice)).got).toEqual(['sent', 'delivered', 'read', 'played']);
  });

  it('fail with 131009 for a reaction to nothing, to a reaction, or to something older than 30 days', async () => {
    const { message_id } = await account.inbound({ webhook: false });
    const react = (id: unknown) => ({ type: 'reaction', reaction: { message_id: id, emoji: '👍' } });
    expect((await life(react('wamid.nothing'))).got).toEqual(['failed']);
    const { wamid } = await life(react(message_id));
    expect((await life(react(wamid))).got).toEqual(['failed']);
    await account.advance(30 * 86_400);
    expect((await life(react(message_id))).got).toEqual(['failed']);
  });

  it('can be skipped, one by one', async () => {
    await behave({ skip: { delivered: 1 } });
    expect((await life()).got).toEqual(['sent', 'read']);
    await behave({ skip: { sent: 1, delivered: 0, read: 1 } });
    const { wamid, got } = await life();
    expect(got).toEqual(['delivered']);
    expect(receiver.statusesOf(wamid)[0]).toHaveProperty('pricing');
  });

  it('can come twice', async () => {
    await behave({ duplicate: 1 });
    expect((await life()).got).toEqual(['sent', 'sent', 'delivered', 'delivered', 'read', 'read']);
  });

  it('can come in the wrong order, with the right timestamps', async () => {
    await behave({ reorder: 1, delays: { sent: 1000, delivered: 3000, read: 9000 } });
    const { wamid, got } = await life();
    expect(got).toEqual(['delivered', 'sent', 'read']);
    const [delivered, sent] = receiver.statusesOf(wamid).map((status) => Number(status['timestamp']));
    expect(Number(delivered)).toBe(Number(sent) + 2);
  });

  it('can fail, at once or after delivered', async () => {
    await behave({ fail: { code: 131049 } });
    const failed = await life();
    expect(failed.got).toEqual(['failed']);
    const change = receiver.changes.find((one) => list(one.value['statuses'])[0]?.['id'] === failed.wamid);
    expect(change?.value).not.toHaveProperty('contacts');
    expect(receiver.statusesOf(failed.wamid)[0]).toMatchObject({
      errors: [{ code: 131049, title: 'Meta chose not to deliver', error_data: { details: expect.any(String) } }],
    });
    await behave({ fail: { code: 131049, probability: 0 }, fail_after_delivered: { code: 131026 } });
    expect((await life()).got).toEqual(['sent', 'delivered', 'failed']);
  });

  it('can stay away', async () => {
    await behave({ delays: { read: null } });
    expect((await life()).got).toEqual(['sent', 'delivered']);
    await behave({ delays: { sent: null, delivered: null } });
    expect((await life()).got).toEqual([]);
  });

  it('are the same for the same seed', async () => {
    const draw = async (seed: number): Promise<string[]> => {
      const other = await SandboxDriver.start({ seed });
      const same = await other.account({ number: { phone_number_id: '42', enforce_window: false } });
      await same.freeze();
      await same.number('PATCH', '', { behaviour: { skip: { delivered: 0.5, read: 0.5 } } });
      const wamids: string[] = [];
      for (let count = 0; count < 12; count++) wamids.push(await same.accepted(TEXT));
      await same.advance(60);
      const lives = await Promise.all(wamids.map((wamid) => same.statuses(wamid)));
      await other.close();
      return lives.map((statuses) => statuses.join(','));
    };
    const [first, again, other] = [await draw(7), await draw(7), await draw(8)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(1);
  });

  it('can reach the callback before the answer reaches the sender', async () => {
    await behave({ answer_after_webhook: true });
    let answered = false;
    const sending = account.accepted({ ...TEXT, biz_opaque_callback_data: 'm=9;a=1' }).finally(() => (answered = true));
    await driver.control('GET', `/wait?kind=message&phone_number_id=${account.numberId}`);
    expect(answered).toBe(false);
    const seen = receiver.until(() => receiver.changes.length > 0).then(() => answered);
    await account.advance(0.1);
    const wamid = await sending;
    expect(await seen).toBe(false);
    expect(names(wamid)).toEqual(['sent']);
  });

  it('of a held template wait until it is released', async () => {
    await behave({ template_message_status: 'held_for_quality_assessment', hold_ms: 3_600_000 });
    const answer = await account.send({ type: 'template', template: { name: 'hello', language: { code: 'en_US' } } });
    const [message] = list(answer.body['messages']);
    expect(message).toMatchObject({ message_status: 'held_for_quality_assessment' });
    const wamid = String(message?.['id']);
    await account.advance(3600);
    expect(await account.statuses(wamid)).toEqual([]);
    await account.advance(2);
    expect(await account.statuses(wamid)).toEqual(['sent', 'delivered', 'read']);
  });

  it('start over with a reset: what was under way is forgotten', async () => {
    const wamid = await account.accepted(TEXT);
    await driver.control('POST', `/accounts/${account.wabaId}/reset`);
    await account.advance(60);
    await account.idle();
    expect(receiver.statusesOf(wamid)).toEqual([]);
    const { data } = await driver.control('GET', `/messages?phone_number_id=${account.numberId}`);
    expect(data).toEqual([]);
    expect(isFields(await account.number('GET', '/stats'))).toBe(true);
  });
});
