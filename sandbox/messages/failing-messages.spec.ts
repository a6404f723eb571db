import { describe, expect, it } from '@jest/globals';
import { GraphError } from '../graph/graph-error.js';
import type { Fields } from '../graph/read-params.js';
import { parseMessage } from './parse-message.js';

const text = (length: number): string => 'x'.repeat(length);

function codeOf(body: unknown): number | null {
  try {
    parseMessage(body, '1');
    return null;
  } catch (error) {
    if (error instanceof GraphError) return error.code;
    throw error;
  }
}

function message(fields: Fields): Fields {
  return { messaging_product: 'whatsapp', to: '+16505551234', ...fields };
}

const LINK = 'https://files.example.com/a.jpg';
const buttons = (count: number, title = 'Yes'): Fields[] =>
  Array.from({ length: count }, (_, index) => ({
    type: 'reply',
    reply: { id: `b${index}`, title: `${title}${index}` },
  }));
const rows = (count: number, from = 0): Fields[] =>
  Array.from({ length: count }, (_, index) => ({ id: `r${from + index}`, title: `Row ${from + index}` }));
const interactive = (fields: Fields): Fields =>
  message({ type: 'interactive', interactive: { body: { text: 'Choose' }, ...fields } });
const replyButtons = (fields: Fields = {}): Fields =>
  interactive({ type: 'button', action: { buttons: buttons(3) }, ...fields });
const listOf = (sections: Fields[], fields: Fields = {}): Fields =>
  interactive({ type: 'list', action: { button: 'Open', sections }, ...fields });
const link = (parameters: Fields): Fields =>
  interactive({
    type: 'cta_url',
    action: { name: 'cta_url', parameters: { display_text: 'Go', url: LINK, ...parameters } },
  });
const flow = (parameters: Fields): Fields =>
  interactive({
    type: 'flow',
    action: { name: 'flow', parameters: { flow_message_version: '3', flow_id: '1', flow_cta: 'Start', ...parameters } },
  });
const contacts = (count: number): Fields =>
  message({
    type: 'contacts',
    contacts: Array.from({ length: count }, () => ({ name: { formatted_name: 'Ana Lee', first_name: 'Ana' } })),
  });

describe('message limits, on both sides', () => {
  it.each<[string, Fields, Fields, number]>([
    [
      'text body 4096',
      message({ type: 'text', text: { body: text(4096) } }),
      message({ type: 'text', text: { body: text(4097) } }),
      100,
    ],
    [
      'text body counts characters, not UTF-16 units',
      message({ type: 'text', text: { body: '👍'.repeat(4096) } }),
      message({ type: 'text', text: { body: '👍'.repeat(4097) } }),
      100,
    ],
    [
      'caption 1024',
      message({ type: 'image', image: { link: LINK, caption: text(1024) } }),
      message({ type: 'image', image: { link: LINK, caption: text(1025) } }),
      100,
    ],
    [
      'opaque data 512',
      message({ text: { body: 'x' }, biz_opaque_callback_data: text(512) }),
      message({ text: { body: 'x' }, biz_opaque_callback_data: text(513) }),
      100,
    ],
    [
      'latitude 90',
      message({ type: 'location', location: { latitude: 90, longitude: '180' } }),
      message({ type: 'location', location: { latitude: 90.1, longitude: 0 } }),
      131009,
    ],
    ['257 contacts', contacts(257), contacts(258), 100],
    ['three reply buttons', replyButtons(), replyButtons({ action: { buttons: buttons(4) } }), 100],
    [
      'button title 20',
      replyButtons({ action: { buttons: buttons(1, text(19)) } }),
      replyButtons({ action: { buttons: buttons(1, text(20)) } }),
      100,
    ],
    [
      'button body 1024',
      replyButtons({ body: { text: text(1024) } }),
      replyButtons({ body: { text: text(1025) } }),
      100,
    ],
    ['footer 60', replyButtons({ footer: { text: text(60) } }), replyButtons({ footer: { text: text(61) } }), 100],
    [
      'header 60',
      replyButtons({ header: { type: 'text', text: text(60) } }),
      replyButtons({ header: { type: 'text', text: text(61) } }),
      100,
    ],
    [
      'list body 4096',
      listOf([{ rows: rows(1) }], { body: { text: text(4096) } }),
      listOf([{ rows: rows(1) }], { body: { text: text(4097) } }),
      100,
    ],
    [
      'ten rows over all sections',
      listOf([
        { title: 'A', rows: rows(5) },
        { title: 'B', rows: rows(5, 5) },
      ]),
      listOf([
        { title: 'A', rows: rows(5) },
        { title: 'B', rows: rows(6, 5) },
      ]),
      100,
    ],
    [
      'list button 20',
      listOf([{ rows: rows(1) }], { action: { button: text(20), sections: [{ rows: rows(1) }] } }),
      listOf([{ rows: rows(1) }], { action: { button: text(21), sections: [{ rows: rows(1) }] } }),
      100,
    ],
    [
      'row title 24',
      listOf([{ rows: [{ id: '1', title: text(24) }] }]),
      listOf([{ rows: [{ id: '1', title: text(25) }] }]),
      100,
    ],
    [
      'row description 72',
      listOf([{ rows: [{ id: '1', title: 'a', description: text(72) }] }]),
      listOf([{ rows: [{ id: '1', title: 'a', description: text(73) }] }]),
      100,
    ],
    ['link text 20', link({ display_text: text(20) }), link({ display_text: text(21) }), 100],
    ['flow button 30', flow({ flow_cta: text(30) }), flow({ flow_cta: text(31) }), 100],
    [
      '15 digits',
      message({ to: `+${'1'.repeat(15)}`, text: { body: 'x' } }),
      message({ to: `+${'1'.repeat(16)}`, text: { body: 'x' } }),
      131009,
    ],
  ])('%s', (_name, fits, exceeds, code) => {
    expect(codeOf(fits)).toBeNull();
    expect(codeOf(exceeds)).toBe(code);
  });
});

describe('messages that are refused', () => {
  it.each<[string, unknown, number]>([
    ['an array', [], 100],
    ['no messaging_product', { to: '+16505551234', text: { body: 'x' } }, 100],
    ['another product', message({ messaging_product: 'sms', text: { body: 'x' } }), 100],
    ['no recipient', message({ to: undefined, text: { body: 'x' } }), 100],
    ['letters in the number', message({ to: '+1650CALLME', text: { body: 'x' } }), 131009],
    ['a plus inside', message({ to: '1650+5551234', text: { body: 'x' } }), 131009],
    ['a number of a number', message({ to: 16505551234, text: { body: 'x' } }), 100],
    ['a bad business-scoped id', message({ to: undefined, recipient: 'us.1', text: { body: 'x' } }), 131009],
    ['an unknown type', message({ type: 'hologram', hologram: {} }), 100],
    ['a group', message({ recipient_type: 'group', text: { body: 'x' } }), 131009],
    ['a misspelled key', message({ txt: { body: 'x' } }), 100],
    ['the object of another type beside', message({ type: 'text', text: { body: 'x' }, image: { link: LINK } }), 100],
    ['no text object', message({ type: 'text' }), 131008],
    ['an empty text', message({ type: 'text', text: { body: '' } }), 131008],
    ['a text that is a number', message({ type: 'text', text: { body: 7 } }), 100],
    ['direct send', message({ text: { body: 'x' }, category: 'utility' }), 100],
    ['media without id and link', message({ type: 'image', image: { caption: 'x' } }), 100],
    ['media with id and link', message({ type: 'image', image: { id: '1', link: LINK } }), 100],
    ['a link that is none', message({ type: 'image', image: { link: 'file:///etc/passwd' } }), 131009],
    ['a caption on audio', message({ type: 'audio', audio: { link: LINK, caption: 'x' } }), 100],
    ['a caption on a sticker', message({ type: 'sticker', sticker: { link: LINK, caption: 'x' } }), 100],
    ['a file name on a picture', message({ type: 'image', image: { link: LINK, filename: 'a.jpg' } }), 100],
    ['a location without longitude', message({ type: 'location', location: { latitude: 1 } }), 131008],
    ['a contact without a name', message({ type: 'contacts', contacts: [{ phones: [] }] }), 131008],
    [
      'a contact with one name part',
      message({ type: 'contacts', contacts: [{ name: { formatted_name: 'A' } }] }),
      131008,
    ],
    [
      'a birthday of no date',
      message({ type: 'contacts', contacts: [{ name: { formatted_name: 'A', first_name: 'A' }, birthday: '1 May' }] }),
      100,
    ],
    ['a reaction without emoji', message({ type: 'reaction', reaction: { message_id: 'wamid.x' } }), 131008],
    ['a reaction with words', message({ type: 'reaction', reaction: { message_id: 'wamid.x', emoji: 'yes' } }), 131009],
    [
      'a reaction with a context',
      message({ type: 'reaction', reaction: { message_id: 'w', emoji: '👍' }, context: { message_id: 'w' } }),
      100,
    ],
    ['no buttons', replyButtons({ action: { buttons: [] } }), 100],
    ['two buttons of one title', replyButtons({ action: { buttons: [...buttons(1), ...buttons(1)] } }), 131009],
    [
      'a list with a picture header',
      listOf([{ rows: rows(1) }], { header: { type: 'image', image: { link: LINK } } }),
      131009,
    ],
    ['two sections without titles', listOf([{ rows: rows(1) }, { rows: rows(1, 5) }]), 131008],
    ['two rows of one id', listOf([{ rows: [...rows(1), ...rows(1)] }]), 131009],
    ['a link button that leads nowhere', link({ url: 'javascript:alert(1)' }), 131009],
    ['a flow with id and name', flow({ flow_name: 'x' }), 100],
    ['an unknown interactive type', interactive({ type: 'carousel', action: {} }), 131009],
    ['a template without a language', message({ type: 'template', template: { name: 'hello' } }), 131008],
    [
      'a template parameter of no type',
      message({
        type: 'template',
        template: {
          name: 'hello',
          language: { code: 'en_US' },
          components: [{ type: 'body', parameters: [{ type: 'colour' }] }],
        },
      }),
      132012,
    ],
    [
      'a button without an index',
      message({
        type: 'template',
        template: {
          name: 'hello',
          language: { code: 'en_US' },
          components: [{ type: 'button', sub_type: 'url', parameters: [] }],
        },
      }),
      131008,
    ],
    ['a status that is not read', { messaging_product: 'whatsapp', status: 'delivered', message_id: 'w' }, 131009],
    ['read without a message', { messaging_product: 'whatsapp', status: 'read' }, 131008],
  ])('%s', (_name, body, code) => {
    expect(codeOf(body)).toBe(code);
  });
});

describe('messages that are accepted', () => {
  it.each<[string, Fields]>([
    ['a text without a type', message({ text: { body: 'x', preview_url: true } })],
    ['a quoted reply', message({ type: 'text', text: { body: 'x' }, context: { message_id: 'wamid.x' } })],
    ['a removed reaction', message({ type: 'reaction', reaction: { message_id: 'wamid.x', emoji: '' } })],
    [
      'an emoji of several code points',
      message({ type: 'reaction', reaction: { message_id: 'wamid.x', emoji: '👩‍🚒' } }),
    ],
    ['a voice message', message({ type: 'audio', audio: { link: LINK, voice: true } })],
    ['a location request', interactive({ type: 'location_request_message', action: { name: 'send_location' } })],
    [
      'buttons under a document',
      replyButtons({ header: { type: 'document', document: { link: LINK, filename: 'a.pdf' } } }),
    ],
  ])('%s', (_name, body) => {
    expect(codeOf(body)).toBeNull();
  });
});
