import type { MessageItem, StatusItem, WebhookItem } from './items.js';
import { parseBody } from './parse-body.js';

const parse = (value: unknown) => parseBody(Buffer.from(JSON.stringify(value)));

const change = (value: unknown, field = 'messages') => ({
  object: 'whatsapp_business_account',
  entry: [{ id: '102290129340398', changes: [{ field, value }] }],
});

const METADATA = { display_phone_number: '15550783881', phone_number_id: '106540352242922' };
const messages = (...list: unknown[]) =>
  change({
    messaging_product: 'whatsapp',
    metadata: METADATA,
    contacts: [{ profile: { name: ' Sheena ' }, wa_id: '16505551234', user_id: 'US.1349' }],
    messages: list,
  });
const statuses = (...list: unknown[]) => change({ metadata: METADATA, statuses: list });

const TEXT = { from: '16505551234', id: 'wamid.A', timestamp: '1749416383', type: 'text', text: { body: 'hi' } };
const SENT = { id: 'wamid.B', status: 'sent', timestamp: '1750030073', recipient_id: '16505551234' };

function only(body: unknown): WebhookItem {
  const { items, faults } = parse(body);
  expect(faults).toEqual([]);
  expect(items).toHaveLength(1);
  return items[0]!;
}
const onlyMessage = (message: object) => only(messages({ ...TEXT, ...message })) as MessageItem;
const onlyStatus = (status: object) => only(statuses({ ...SENT, ...status })) as StatusItem;

describe('parseBody, messages', () => {
  it('reads a text with its sender, both names of him, and his profile name', () => {
    expect(onlyMessage({})).toEqual({
      kind: 'message',
      at: 'entry.0.changes.0.messages.0',
      wabaId: '102290129340398',
      phoneNumberId: '106540352242922',
      wamid: 'wamid.A',
      sender: { phone: '16505551234', userId: 'US.1349', profileName: 'Sheena' },
      sentAt: new Date(1749416383_000),
      type: 'text',
      body: 'hi',
      content: '{"text":{"body":"hi"}}',
      replyToWamid: null,
      becomes: null,
      error: null,
      word: 'hi',
      media: null,
    });
  });

  it('knows a sender without a phone number by the user id', () => {
    const item = onlyMessage({ from: undefined, from_user_id: 'US.7', id: 'wamid.C' });
    expect(item.sender).toEqual({ phone: null, userId: 'US.7', profileName: null });
  });

  it("does not give one sender another contact's user id", () => {
    expect(onlyMessage({ from: '4915112345' }).sender).toEqual({
      phone: '4915112345',
      userId: null,
      profileName: null,
    });
  });

  it.each([
    ['a caption', { type: 'image', image: { id: '1', caption: 'look' } }, 'look'],
    ['a template button', { type: 'button', button: { payload: 'p', text: 'Yes' } }, 'Yes'],
    ['a reply button', { type: 'interactive', interactive: { button_reply: { id: 'a', title: 'A' } } }, 'A'],
    ['a list row', { type: 'interactive', interactive: { list_reply: { id: 'a', title: 'Row' } } }, 'Row'],
    ['a flow answer', { type: 'interactive', interactive: { nfm_reply: { body: 'Sent' } } }, 'Sent'],
    ['an emoji', { type: 'reaction', reaction: { message_id: 'wamid.X', emoji: '👍' } }, '👍'],
    ['a removed emoji', { type: 'reaction', reaction: { message_id: 'wamid.X' } }, null],
    ['a place', { type: 'location', location: { latitude: 1, longitude: 2, name: 'Home' } }, 'Home'],
    [
      'contacts',
      { type: 'contacts', contacts: [{ name: { formatted_name: 'A' } }, {}, { name: { formatted_name: 'B' } }] },
      'A, B',
    ],
    ['a voice note', { type: 'audio', audio: { id: '1', voice: true } }, null],
  ])('makes readable text of %s', (_, message, body) => {
    expect(onlyMessage(message)).toMatchObject({ type: message.type, body });
  });

  it('keeps ids of media, context and referral in the content', () => {
    const item = onlyMessage({
      type: 'image',
      text: undefined,
      image: { id: '77', mime_type: 'image/jpeg' },
      context: { from: '15550783881', id: 'wamid.P' },
      referral: { source_type: 'ad' },
    });
    expect(item.replyToWamid).toBe('wamid.P');
    expect(JSON.parse(item.content)).toEqual({
      image: { id: '77', mime_type: 'image/jpeg' },
      context: { from: '15550783881', id: 'wamid.P' },
      referral: { source_type: 'ad' },
    });
  });

  it('names the message that a reaction is about', () => {
    const item = onlyMessage({ type: 'reaction', reaction: { message_id: 'wamid.X', emoji: '👍' } });
    expect(item.replyToWamid).toBe('wamid.X');
  });

  it.each([
    ['image', { id: '77', mime_type: 'image/jpeg' }, { id: '77', filename: null }],
    ['document', { id: '78', filename: 'a.pdf' }, { id: '78', filename: 'a.pdf' }],
    ['sticker', { id: '79' }, { id: '79', filename: null }],
    ['audio', { id: '', voice: true }, null],
    ['location', { id: '80' }, null],
  ])('tells the file of a message of type %s', (type, object, media) => {
    expect(onlyMessage({ type, [type]: object }).media).toEqual(media);
  });

  it('reads why WhatsApp could not hand a message over', () => {
    const errors = [{ code: 131051, title: 'Message type unknown', error_data: { details: 'Not supported.' } }];
    expect(onlyMessage({ type: 'unsupported', errors }).error).toEqual({
      code: 131051,
      title: 'Message type unknown',
      details: 'Not supported.',
    });
  });

  it('takes as a word only what is the whole of a text or of a button', () => {
    const button = { type: 'button', button: { payload: 'x', text: 'STOP' } };
    const tap = { type: 'interactive', interactive: { button_reply: { id: 'a', title: 'START' } } };
    const row = { type: 'interactive', interactive: { list_reply: { id: 'a', title: 'STOP' } } };
    const caption = { type: 'image', image: { id: '1', caption: 'STOP' } };
    expect([button, tap, row, caption].map((message) => onlyMessage(message).word)).toEqual([
      'STOP',
      'START',
      null,
      null,
    ]);
  });

  it('reads who a customer became', () => {
    const item = onlyMessage({
      type: 'system',
      system: { type: 'user_changed_number', wa_id: '16505559999', user_id: 'US.2', body: 'changed' },
    });
    expect(item.becomes).toEqual({ phone: '16505559999', userId: 'US.2' });
  });

  it('replaces what Postgres cannot store: NUL and lone surrogates', () => {
    const item = onlyMessage({ text: { body: 'a\0b\ud83dc👍' } });
    expect(item.body).toBe('a\uFFFDb\uFFFDc👍');
    expect(JSON.parse(item.content)).toEqual({ text: { body: 'a\uFFFDb\uFFFDc👍' } });
  });

  it('takes a message without a usable time', () => {
    expect(onlyMessage({ timestamp: 'yesterday' }).sentAt).toBeNull();
    expect(onlyMessage({ timestamp: '123456789012' }).sentAt).toBeNull();
  });
});

describe('parseBody, statuses', () => {
  it('reads a status with our own opaque data', () => {
    expect(onlyStatus({ biz_opaque_callback_data: 'm=42;a=3' })).toEqual({
      kind: 'status',
      at: 'entry.0.changes.0.statuses.0',
      wabaId: '102290129340398',
      phoneNumberId: '106540352242922',
      wamid: 'wamid.B',
      status: 'sent',
      occurredAt: new Date(1750030073_000),
      attempt: { messageId: 42, attemptNo: 3 },
      error: null,
    });
  });

  it.each(['m=42', 'm=-1;a=1', 'm=1;a=1;', 'm=1234567890123456;a=1', 'm=1;a=1234567890', ' m=1;a=1', 'x', 7, null])(
    'does not read %j as our opaque data',
    (opaque) => {
      expect(onlyStatus({ biz_opaque_callback_data: opaque }).attempt).toBeNull();
    },
  );

  it('reads why a message failed', () => {
    const error = { code: 131049, title: 'T', message: 'M', error_data: { details: 'D' } };
    expect(onlyStatus({ status: 'failed', errors: [error] }).error).toEqual({ code: 131049, title: 'T', details: 'D' });
    expect(onlyStatus({ status: 'failed' }).error).toBeNull();
    expect(onlyStatus({ status: 'failed', errors: [{ code: '131049' }] }).error).toBeNull();
  });

  it('counts a status that it does not follow', () => {
    const { items, faults, ignored } = parse(statuses({ ...SENT, status: 'warned' }));
    expect({ items, faults }).toEqual({ items: [], faults: [] });
    expect(ignored).toEqual(new Map([['status', 1]]));
  });
});

describe('parseBody, account-level fields', () => {
  it.each([
    [{ event: 'DISABLED_UPDATE', ban_info: { waba_ban_state: 'DISABLE' } }, true],
    [{ event: 'DISABLED_UPDATE', ban_info: { waba_ban_state: 'REINSTATE' } }, false],
    [{ event: 'ACCOUNT_DELETED' }, true],
    [{ event: 'PARTNER_REMOVED' }, true],
    [{ event: 'PARTNER_APP_UNINSTALLED' }, true],
    [{ event: 'ACCOUNT_OFFBOARDED' }, true],
    [{ event: 'PARTNER_ADDED' }, false],
    [
      {
        event: 'ACCOUNT_RESTRICTION',
        restriction_info: [{ restriction_type: 'RESTRICTED_CUSTOMER_INITIATED_MESSAGING' }],
      },
      true,
    ],
    [
      { event: 'ACCOUNT_RESTRICTION', restriction_info: [{ restriction_type: 'RESTRICTED_BIZ_INITIATED_MESSAGING' }] },
      false,
    ],
  ])('account_update %j pauses: %s', (value, pauses) => {
    const { items, ignored } = parse(change(value, 'account_update'));
    expect(items.map((item) => item.kind)).toEqual(pauses ? ['account_pause'] : []);
    expect(ignored.size).toBe(pauses ? 0 : 1);
  });

  it('reads a throughput upgrade', () => {
    const value = { display_phone_number: '15550783881', event: 'THROUGHPUT_UPGRADE', current_limit: 'TIER_UNLIMITED' };
    expect(only(change(value, 'phone_number_quality_update'))).toMatchObject({
      kind: 'number_limits',
      displayPhoneNumber: '15550783881',
      throughputUpgraded: true,
      messagingLimitTier: 'TIER_UNLIMITED',
    });
  });

  it('reads a template event, whose id is a number', () => {
    const value = {
      event: 'REINSTATED',
      message_template_id: 1689556908129835,
      message_template_name: 'cart',
      message_template_language: 'en-US',
    };
    expect(only(change(value, 'message_template_status_update'))).toMatchObject({
      kind: 'template_status',
      templateId: '1689556908129835',
      name: 'cart',
      language: 'en-US',
      status: 'APPROVED',
    });
  });

  it('reads a change of category, and leaves one that is only announced', () => {
    const announced = { message_template_id: 1, correct_category: 'MARKETING' };
    expect(parse(change(announced, 'template_category_update')).items).toEqual([]);
    const value = { message_template_id: 1, previous_category: 'UTILITY', new_category: 'MARKETING' };
    expect(only(change(value, 'template_category_update'))).toMatchObject({
      kind: 'template_category',
      category: 'MARKETING',
    });
  });

  it('tells a quality change from a status change by its keys', () => {
    const value = { message_template_id: 1, previous_quality_score: 'GREEN', new_quality_score: 'RED' };
    expect(only(change(value, 'message_template_status_update'))).toMatchObject({
      kind: 'template_quality',
      quality: 'RED',
    });
  });

  it('reads what an edited template says now', () => {
    const value = {
      message_template_id: 1315502779341834,
      message_template_name: 'order_confirmation',
      message_template_language: 'en_US',
      message_template_title: 'Confirmed!',
      message_template_element: 'Thank you, {{1}}!',
      message_template_footer: 'Lucky Shrub',
      message_template_buttons: [
        {
          message_template_button_type: 'URL',
          message_template_button_text: 'Support',
          message_template_button_url: 'https://shrub.example/{{1}}',
        },
        {
          message_template_button_type: 'PHONE_NUMBER',
          message_template_button_text: 'Call',
          message_template_button_phone_number: '+15550783881',
        },
        { message_template_button_type: 'QUICK_REPLY', message_template_button_text: 'Stop' },
        { message_template_button_text: 'of no type' },
        'no button',
      ],
    };
    expect(only(change(value, 'message_template_components_update'))).toMatchObject({
      kind: 'template_components',
      templateId: '1315502779341834',
      parts: {
        header: 'Confirmed!',
        body: 'Thank you, {{1}}!',
        footer: 'Lucky Shrub',
        buttons: [
          { type: 'URL', text: 'Support', url: 'https://shrub.example/{{1}}', phoneNumber: null },
          { type: 'PHONE_NUMBER', text: 'Call', url: null, phoneNumber: '+15550783881' },
          { type: 'QUICK_REPLY', text: 'Stop', url: null, phoneNumber: null },
        ],
      },
    });
  });

  it.each([undefined, '', 7])('leaves a template alone whose edited text is %j', (message_template_element) => {
    const value = { message_template_id: 1, message_template_element, message_template_footer: 'x' };
    expect(parse(change(value, 'message_template_components_update')).items).toEqual([]);
  });

  it.each(['FLAGGED', 'constructor', ''])('leaves a template alone at event %j', (event) => {
    const body = change({ event, message_template_id: 1 }, 'message_template_status_update');
    expect(parse(body).items).toEqual([]);
  });
});
