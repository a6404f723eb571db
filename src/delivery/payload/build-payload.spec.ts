import type { MessageContent } from '../../whatsapp/client/payloads.js';
import type { ClaimedMessage } from '../attempts/claimed-message.js';
import { assertBuildersExist, buildPayload, opaqueData } from './build-payload.js';
import { PayloadError } from './payload-builder.js';
import { claimedMessage, FILE } from './testing/claimed-message.js';

const message = (fields: Partial<ClaimedMessage>): ClaimedMessage =>
  claimedMessage({ type: 'image', body: 'a caption', media: FILE, templateStatus: null, ...fields });
const MEDIA = { file: FILE, reference: { link: 'https://media.example/p/offer.pdf' } };
const LINK = MEDIA.reference;

describe('the payload of a message', () => {
  it('names the recipient with +, the type, the file, the caption and the attempt', () => {
    expect(buildPayload(message({}), MEDIA)).toEqual({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: '+971501234567',
      type: 'image',
      image: { ...LINK, caption: 'a caption' },
      biz_opaque_callback_data: 'm=42;a=3',
    });
  });

  it.each([
    ['video', { type: 'video', video: { ...LINK, caption: 'a caption' } }],
    ['audio', { type: 'audio', audio: LINK }],
    ['document', { type: 'document', document: { ...LINK, caption: 'a caption', filename: 'offer.pdf' } }],
  ])('of type %s', (type, content) => {
    expect(buildPayload(message({ type }), MEDIA)).toMatchObject(content);
  });

  it.each([null, ''])('has no caption when there is none (%j)', (body) => {
    expect(buildPayload(message({ body }), MEDIA)).toMatchObject({ image: LINK });
    expect(JSON.stringify(buildPayload(message({ body }), MEDIA))).not.toContain('caption');
  });

  it('names an uploaded file by its id', () => {
    expect(buildPayload(message({}), { file: FILE, reference: { id: '9' } })).toMatchObject({ image: { id: '9' } });
  });

  it('names a WhatsApp user id when there is no phone', () => {
    const payload = buildPayload(message({ phone: null, recipientUserId: 'US.1' }), MEDIA);
    expect(payload.recipient).toBe('US.1');
    expect(payload).not.toHaveProperty('to');
  });

  it('quotes the message that it answers', () => {
    expect(buildPayload(message({ replyToWamid: 'wamid.q' }), MEDIA)).toMatchObject({
      context: { message_id: 'wamid.q' },
    });
  });

  it.each<[string, Partial<ClaimedMessage>, MessageContent]>([
    ['text', { type: 'text', body: 'Hi 👍' }, { type: 'text', text: { body: 'Hi 👍' } }],
    [
      'location',
      { type: 'location', content: { latitude: 30.5, longitude: -31, name: 'Shop' } },
      { type: 'location', location: { latitude: 30.5, longitude: -31, name: 'Shop' } },
    ],
    [
      'reaction, which has no quote beside it',
      { type: 'reaction', body: '👍', replyToWamid: 'wamid.q' },
      { type: 'reaction', reaction: { message_id: 'wamid.q', emoji: '👍' } },
    ],
    [
      'reaction taken back',
      { type: 'reaction', body: '', replyToWamid: 'wamid.q' },
      { type: 'reaction', reaction: { message_id: 'wamid.q', emoji: '' } },
    ],
    [
      'contacts',
      {
        type: 'contacts',
        content: {
          contacts: [
            {
              name: { formatted_name: 'Mona Ali', last_name: 'Ali' },
              phones: [{ phone: '+20 100', type: 'WORK', wa_id: '20100' }],
              emails: [{ email: 'm@example.com' }],
              urls: [{ url: 'https://example.com' }],
              addresses: [{ city: 'Cairo', country_code: 'EG' }],
              org: { company: 'Shop' },
              birthday: '1990-05-17',
            },
          ],
        },
      },
      {
        type: 'contacts',
        contacts: [
          {
            name: { formatted_name: 'Mona Ali', last_name: 'Ali' },
            phones: [{ phone: '+20 100', type: 'WORK', wa_id: '20100' }],
            emails: [{ email: 'm@example.com' }],
            urls: [{ url: 'https://example.com' }],
            addresses: [{ city: 'Cairo', country_code: 'EG' }],
            org: { company: 'Shop' },
            birthday: '1990-05-17',
          },
        ],
      },
    ],
    [
      'contacts: a card with one name alone, of which WhatsApp wants two',
      { type: 'contacts', content: { contacts: [{ name: { formatted_name: 'Mona' } }] } },
      { type: 'contacts', contacts: [{ name: { formatted_name: 'Mona', first_name: 'Mona' } }] },
    ],
    [
      'interactive with buttons',
      {
        type: 'interactive',
        body: 'Today?',
        content: { type: 'button', header_text: 'H', footer_text: 'F', buttons: [{ id: 'y', title: 'Yes' }] },
      },
      {
        type: 'interactive',
        interactive: {
          type: 'button',
          header: { type: 'text', text: 'H' },
          body: { text: 'Today?' },
          footer: { text: 'F' },
          action: { buttons: [{ type: 'reply', reply: { id: 'y', title: 'Yes' } }] },
        },
      },
    ],
    [
      'interactive with a list',
      {
        type: 'interactive',
        body: 'When?',
        content: {
          type: 'list',
          list_button_text: 'Open',
          sections: [
            {
              title: 'S',
              rows: [
                { id: 'a', title: 'A', description: 'D' },
                { id: 'b', title: 'B' },
              ],
            },
          ],
        },
      },
      {
        type: 'interactive',
        interactive: {
          type: 'list',
          body: { text: 'When?' },
          action: {
            button: 'Open',
            sections: [
              {
                title: 'S',
                rows: [
                  { id: 'a', title: 'A', description: 'D' },
                  { id: 'b', title: 'B' },
                ],
              },
            ],
          },
        },
      },
    ],
    [
      'interactive with a link',
      {
        type: 'interactive',
        body: 'Look',
        content: { type: 'cta_url', display_text: 'Go', url: 'https://example.com/' },
      },
      {
        type: 'interactive',
        interactive: {
          type: 'cta_url',
          body: { text: 'Look' },
          action: { name: 'cta_url', parameters: { display_text: 'Go', url: 'https://example.com/' } },
        },
      },
    ],
  ])('of type %s', (_, fields, content) => {
    expect(buildPayload(message({ media: null, ...fields }), null)).toEqual({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: '+971501234567',
      biz_opaque_callback_data: 'm=42;a=3',
      ...content,
    });
  });

  it.each<[string, Partial<ClaimedMessage>]>([
    ['a text without words', { type: 'text', body: null }],
    ['a location without a place', { type: 'location' }],
    ['a location in words', { type: 'location', content: { latitude: '1', longitude: 2 } }],
    ['a reaction to nothing', { type: 'reaction', body: '👍' }],
    ['a card without a name', { type: 'contacts', content: { contacts: [{}] } }],
    ['cards that are none', { type: 'contacts', content: { contacts: 'Mona' } }],
    ['an interactive message of a type that is none', { type: 'interactive', content: { type: 'carousel' } }],
    ['a button without a title', { type: 'interactive', content: { type: 'button', buttons: [{ id: 'a' }] } }],
    [
      'a list whose section is no object',
      { type: 'interactive', content: { type: 'list', list_button_text: 'x', sections: ['S'] } },
    ],
  ])('is refused for %s', (_, fields) => {
    expect(() => buildPayload(message({ media: null, ...fields }), null)).toThrow(PayloadError);
  });

  it('is refused without recipient, file or builder', () => {
    expect(() => buildPayload(message({ phone: null }), MEDIA)).toThrow(PayloadError);
    expect(() => buildPayload(message({}), null)).toThrow(PayloadError);
    expect(() => buildPayload(message({ type: 'hologram' }), MEDIA)).toThrow(PayloadError);
  });

  it('keeps its opaque data far below the 512 characters that WhatsApp takes', () => {
    expect(opaqueData(Number.MAX_SAFE_INTEGER, 2_147_483_647).length).toBeLessThan(40);
  });
});

describe('the check at the start of the program', () => {
  it('passes when every type has a builder', () => {
    expect(() => assertBuildersExist(['image', 'video', 'audio', 'document'])).not.toThrow();
  });

  it('names every type without one', () => {
    expect(() => assertBuildersExist(['image', 'hologram', 'smell'])).toThrow(/hologram, smell/);
  });
});
