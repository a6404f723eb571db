import type { StoredTemplate } from '../../templates/sending/stored-template.js';
import type { ClaimedMessage } from '../attempts/claimed-message.js';
import { buildPayload } from './build-payload.js';
import { claimedMessage, FILE } from './testing/claimed-message.js';
import { mendedSchema, publishedSchema } from './testing/meta-schema.js';

type Reference = { id: string } | { link: string };
const LINK: Reference = { link: 'https://media.example/p/offer.pdf' };

/** As JSON, as it is sent: what is undefined is not there. */
function sent(fields: Partial<ClaimedMessage>, reference: Reference | null = null): unknown {
  const media = reference && { file: FILE, reference };
  return JSON.parse(JSON.stringify(buildPayload(claimedMessage({ ...fields, media: media && FILE }), media)));
}

function template(stored: Partial<StoredTemplate>, reference: Reference | null = null): unknown {
  const whole = { id: 5, name: 'order_update', language: 'en_US', header: null, body: [], buttons: [], ...stored };
  return sent({ type: 'template', content: { template: whole } }, reference);
}

const BUTTONS = { type: 'button', header_text: 'H', footer_text: 'F', buttons: [{ id: 'y', title: 'Yes' }] };
const LIST = {
  type: 'list',
  list_button_text: 'Open',
  sections: [{ title: 'S', rows: [{ id: 'a', title: 'A', description: 'D' }] }],
};
const CARD = {
  name: { formatted_name: 'Mona Ali', last_name: 'Ali' },
  phones: [{ phone: '+20 100', type: 'WORK', wa_id: '20100' }],
  emails: [{ email: 'm@example.com', type: 'HOME' }],
  urls: [{ url: 'https://example.com' }],
  addresses: [{ street: '6 Tahrir', city: 'Cairo', country_code: 'EG' }],
  org: { company: 'Shop' },
  birthday: '1990-05-17',
};

/**
 * Meta's own description of a message, as a second opinion on names and shapes. Where it is silent our own types
 * (whatsapp/client/payloads.ts) stand alone: `cta_url`, a location as a template's header, buttons that copy a code or
 * open a flow, and recipients named by a user id are newer than the file.
 */
describe("Meta's schema of a message", () => {
  const validate = mendedSchema();
  const faultsOf = (payload: unknown) => (validate(payload) ? [] : (validate.errors ?? []));

  it.each<[string, unknown]>([
    ['text', sent({})],
    ['an answer to another message', sent({ replyToWamid: 'wamid.q' })],
    ['image by link', sent({ type: 'image' }, LINK)],
    ['image by id', sent({ type: 'image' }, { id: '9' })],
    ['video', sent({ type: 'video' }, LINK)],
    ['audio', sent({ type: 'audio' }, LINK)],
    ['document', sent({ type: 'document' }, LINK)],
    ['location', sent({ type: 'location', content: { latitude: 30.5, longitude: -31, name: 'Shop', address: 'A' } })],
    ['reaction', sent({ type: 'reaction', body: '👍', replyToWamid: 'wamid.q' })],
    ['reaction taken back', sent({ type: 'reaction', body: '', replyToWamid: 'wamid.q' })],
    ['contacts', sent({ type: 'contacts', content: { contacts: [CARD, { name: { formatted_name: 'Omar' } }] } })],
    ['interactive with buttons', sent({ type: 'interactive', content: BUTTONS })],
    ['interactive with a list', sent({ type: 'interactive', content: LIST })],
    ['template without values', template({})],
    [
      'template with values',
      template({
        header: { kind: 'text', text: '77' },
        body: [{ text: 'Ana' }, { text: '7', name: 'order_id' }],
        buttons: [
          { index: 0, kind: 'quick_reply', value: 'STOP' },
          { index: 1, kind: 'url', value: 'abc' },
        ],
      }),
    ],
    ['template with a picture', template({ header: { kind: 'image' } }, LINK)],
    ['template with a video', template({ header: { kind: 'video' } }, { id: '9' })],
    ['template with a document', template({ header: { kind: 'document' } }, LINK)],
  ])('takes our %s', (_, payload) => {
    expect(faultsOf(payload)).toEqual([]);
  });

  const buttons = (count: number, title = 'Yes') => ({
    ...BUTTONS,
    buttons: Array.from({ length: count }, (_, id) => ({ id: String(id), title })),
  });
  const rows = (count: number, title = 'A') => ({
    ...LIST,
    sections: [{ title: 'S', rows: Array.from({ length: count }, (_, id) => ({ id: String(id), title })) }],
  });

  it.each<[string, unknown, unknown]>([
    ['buttons', sent({ type: 'interactive', content: buttons(3) }), sent({ type: 'interactive', content: buttons(4) })],
    [
      'letters of a button',
      sent({ type: 'interactive', content: buttons(1, '👍'.repeat(20)) }),
      sent({ type: 'interactive', content: buttons(1, '👍'.repeat(21)) }),
    ],
    [
      'rows of a section',
      sent({ type: 'interactive', content: rows(10) }),
      sent({ type: 'interactive', content: rows(11) }),
    ],
    [
      'letters of a row',
      sent({ type: 'interactive', content: rows(1, 'م'.repeat(24)) }),
      sent({ type: 'interactive', content: rows(1, 'م'.repeat(25)) }),
    ],
  ])('has our limit of %s', (_, most, more) => {
    expect(faultsOf(most)).toEqual([]);
    expect(faultsOf(more)).not.toEqual([]);
  });

  it.each<[string, object]>([
    ['an address and an id', { type: 'image', image: { id: '9', link: 'https://example.com/a.jpg' } }],
    ['neither', { type: 'image', image: {} }],
    ['a misspelt field', { type: 'text', text: { body: 'x', preview: true } }],
    ['a field of another kind', { type: 'text', text: { body: 'x' }, image: { id: '9' } }],
    ['no recipient', { to: undefined, type: 'text', text: { body: 'x' } }],
    ['a template without a language', { type: 'template', template: { name: 'hello' } }],
    [
      'a template button without a place',
      {
        type: 'template',
        template: {
          name: 'hello',
          language: { code: 'en' },
          components: [{ type: 'button', sub_type: 'url', parameters: [{ type: 'text', text: 'a' }] }],
        },
      },
    ],
  ])('would notice %s', (_, content) => {
    const payload = { messaging_product: 'whatsapp', recipient_type: 'individual', to: '+971501234567', ...content };
    expect(faultsOf(JSON.parse(JSON.stringify(payload)))).not.toEqual([]);
  });

  it('refuses any message as it is published, which is why it is mended first', () => {
    expect(publishedSchema()(sent({}))).toBe(false);
  });
});
