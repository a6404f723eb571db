import type { Circumstances } from './lookup.js';
import { filledIn, judge } from './judge.js';
import type { OutboundMessage } from './outbound-message.js';

const message = (changes: Partial<OutboundMessage> = {}): OutboundMessage => ({
  tenantId: 1,
  requestId: 'r',
  type: 'image',
  phone: '201000000000',
  text: null,
  textField: 'caption',
  textLimit: 10,
  content: {},
  priority: 5,
  ...changes,
});

const contact = {
  id: 7,
  firstname: 'Mona',
  lastname: 'Ali',
  email: null,
  phone: '201000000000',
  whatsappUserId: null,
  isOptedOut: false,
  marketingStopped: false,
};

const found = (changes: Partial<Circumstances> = {}): Circumstances => ({
  tenantId: 1,
  defaultSourceId: 1,
  defaultStatusId: 2,
  defaultAssignedId: 3,
  enforceServiceWindow: false,
  messageExpiresInS: 86_400,
  contactCount: 0,
  limitContacts: -1,
  conversations: 0,
  limitConversations: -1,
  number: { id: 1, ratePerSecond: 80, resumedAt: null, paused: false, pausedReason: null },
  contact,
  chat: null,
  windowOpen: false,
  referred: null,
  ...changes,
});

const verdict = (m: Partial<OutboundMessage>, f: Partial<Circumstances>) => {
  const error = judge(message(m), found(f));
  return error && { code: error.code, details: error.details };
};

describe('whether a message may be sent', () => {
  it('may, when nothing speaks against it', () => {
    expect(verdict({}, {})).toBeUndefined();
    expect(verdict({}, { contact: null })).toBeUndefined();
    expect(verdict({ phone: undefined, contactId: 7 }, {})).toBeUndefined();
  });

  it('may not from a number that is not the tenant’s', () => {
    expect(verdict({ from: '123' }, { number: null })?.details).toHaveProperty('from');
  });

  it('may not to a contact with another phone', () => {
    expect(verdict({ contactId: 7, phone: '49301234567' }, {})?.details).toHaveProperty('contact_id');
  });

  it('answers 404 for a contact that is not there', () => {
    expect(verdict({ contactId: 8 }, { contact: null })?.code).toBe('NOT_FOUND');
  });

  it.each(['defaultSourceId', 'defaultStatusId', 'defaultAssignedId'] as const)(
    'wants a %s for a new contact',
    (key) => {
      expect(verdict({}, { contact: null, [key]: null })).toMatchObject({ code: 'VALIDATION_ERROR' });
      expect(verdict({}, { [key]: null })).toBeUndefined();
    },
  );

  it('takes the assignee that the caller names for a new contact', () => {
    expect(verdict({ newContact: { assignedId: 4 } }, { contact: null, defaultAssignedId: null })).toBeUndefined();
  });

  it('counts the text after its merge fields are filled in, in code points', () => {
    expect(verdict({ text: '👍'.repeat(10) }, {})).toBeUndefined();
    expect(verdict({ text: '👍'.repeat(11) }, {})?.details).toHaveProperty('caption');
    expect(verdict({ text: '@{contact_first_name}123456' }, {})).toBeUndefined();
    expect(verdict({ text: '@{contact_first_name}1234567' }, {})?.details).toHaveProperty('caption');
    expect(verdict({ text: '@{contact_email}1234567890' }, {})).toBeUndefined();
  });

  it('fills a new contact’s merge fields from what it will be made of', () => {
    expect(
      verdict({ text: '@{contact_first_name}', newContact: { firstname: 'Mona' } }, { contact: null }),
    ).toBeUndefined();
    expect(verdict({ text: '@{contact_first_name}' }, { contact: null })?.details).toHaveProperty('caption');
  });

  it('refuses a text that merging leaves blank only where there is no message without it', () => {
    const blank = { text: ' @{contact_email} ' };
    expect(verdict({ ...blank, textRequired: true }, {})?.details).toHaveProperty('caption');
    expect(verdict(blank, {})).toBeUndefined();
    expect(verdict({ text: '@{contact_first_name}', textRequired: true }, {})).toBeUndefined();
  });

  it.each([
    [{ limitContacts: 5, contactCount: 4 }, undefined],
    [
      { limitContacts: 5, contactCount: 5 },
      { feature: 'contacts', current: 5, maximum: 5 },
    ],
    [
      { limitContacts: 0, contactCount: 0 },
      { feature: 'contacts', current: 0, maximum: 0 },
    ],
    [{ limitContacts: -1, contactCount: 1e6 }, undefined],
    [{ limitConversations: 3, conversations: 2 }, undefined],
    [
      { limitConversations: 3, conversations: 3 },
      { feature: 'conversations', current: 3, maximum: 3 },
    ],
  ])('a new contact under %j', (limits, details) => {
    expect(verdict({}, { contact: null, ...limits })?.details).toEqual(details);
  });

  it('needs no room for a contact that is there, nor for a conversation that is open', () => {
    expect(verdict({}, { limitContacts: 0, contactCount: 0 })).toBeUndefined();
    const chat = { id: 1, serviceWindowExpiresAt: null, conversationOpen: true };
    expect(verdict({}, { chat, limitConversations: 0, conversations: 0 })).toBeUndefined();
  });

  it('may not to a contact that opted out, nor without a number, nor from a paused one', () => {
    expect(verdict({}, { contact: { ...contact, isOptedOut: true } })?.code).toBe('CONTACT_OPTED_OUT');
    expect(verdict({}, { number: null })?.code).toBe('WHATSAPP_NOT_CONFIGURED');
    const paused = { id: 1, ratePerSecond: 80, resumedAt: null, paused: true, pausedReason: 'token expired' };
    expect(judge(message(), found({ number: paused }))).toMatchObject({
      code: 'WHATSAPP_NOT_CONFIGURED',
      message: expect.stringContaining('token expired') as string,
    });
  });

  it('may not as marketing to a contact that stopped that, but as anything else', () => {
    const stopped = { contact: { ...contact, marketingStopped: true } };
    const template = (category: string) => ({ type: 'template' as const, content: { category } });
    expect(verdict(template('MARKETING'), stopped)?.code).toBe('CONTACT_OPTED_OUT');
    expect(verdict(template('UTILITY'), stopped)).toBeUndefined();
    expect(verdict({}, stopped)).toBeUndefined();
    expect(verdict(template('MARKETING'), {})).toBeUndefined();
  });

  it('may as a template into a closed window, whatever the tenant wants', () => {
    expect(verdict({ type: 'template' }, { enforceServiceWindow: true })).toBeUndefined();
  });

  it('may not into a closed window when the tenant wants that refused', () => {
    expect(verdict({}, { enforceServiceWindow: true })?.code).toBe('SERVICE_WINDOW_CLOSED');
    expect(verdict({}, { enforceServiceWindow: true, windowOpen: true })).toBeUndefined();
    expect(verdict({ type: 'template' }, { enforceServiceWindow: true })).toBeUndefined();
  });

  it('may not when what it renders itself has faults, with the contact that is there or is to be made', () => {
    const render: OutboundMessage['render'] = (merge) => {
      const name = merge('@{contact_first_name}');
      return name === 'Mona' ? { text: name, content: { name } } : { faults: { field_1: [`not ${name}`] } };
    };
    expect(verdict({ render }, {})).toBeUndefined();
    expect(verdict({ render, newContact: { firstname: 'Sara' } }, { contact: null })?.details).toEqual({
      field_1: ['not Sara'],
    });
    expect(filledIn(message({ render, text: 'x', content: { a: 1 } }), contact)).toEqual({
      text: 'Mona',
      content: { name: 'Mona' },
    });
    expect(filledIn(message({ text: '@{contact_last_name}', content: { a: 1 } }), contact)).toEqual({
      text: 'Ali',
      content: { a: 1 },
    });
  });

  describe('that refers to another', () => {
    const refersTo = { message: { id: 4 }, field: 'reply_to' };
    const referred = { wamid: 'wamid.x', type: 'text', isOld: false };
    const fault = (m: Partial<OutboundMessage>, f: Circumstances['referred']) =>
      verdict({ refersTo, ...m }, { referred: f })?.details?.reply_to;

    it('may, when that one is in this chat and WhatsApp has it', () => {
      expect(fault({}, referred)).toBeUndefined();
      expect(fault({}, { ...referred, type: 'reaction', isOld: true })).toBeUndefined();
      expect(fault({ type: 'reaction' }, referred)).toBeUndefined();
    });

    it('may not when that one is not in this chat, or WhatsApp does not have it', () => {
      expect(fault({}, null)).toEqual([expect.stringContaining('no such message')]);
      expect(fault({}, { ...referred, wamid: null })).toEqual([expect.stringContaining('yet')]);
    });

    it('may not react to a reaction, or to what is too old', () => {
      expect(fault({ type: 'reaction' }, { ...referred, type: 'reaction' })).toEqual([
        expect.stringContaining('reaction itself'),
      ]);
      expect(fault({ type: 'reaction' }, { ...referred, isOld: true })).toEqual([expect.stringContaining('30 days')]);
    });
  });

  it('names what is wrong with the input before what the plan forbids', () => {
    expect(verdict({ from: '1' }, { number: null, contact: null, limitContacts: 0 })?.code).toBe('VALIDATION_ERROR');
    expect(verdict({ contactId: 9 }, { contact: null, limitContacts: 0 })?.code).toBe('NOT_FOUND');
  });
});
