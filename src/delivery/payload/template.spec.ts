import { Settings } from '../../platform/config/settings.js';
import { Encryption } from '../../platform/crypto/encryption.js';
import { SEALED_CONTEXT, type StoredTemplate } from '../../templates/sending/stored-template.js';
import type { TemplateContent } from '../../whatsapp/client/payloads.js';
import type { ClaimedMessage } from '../attempts/claimed-message.js';
import { buildPayload } from './build-payload.js';
import { openSealed } from './open-sealed.js';
import { PayloadError } from './payload-builder.js';
import { claimedMessage, FILE } from './testing/claimed-message.js';

const STORED: StoredTemplate = {
  id: 5,
  name: 'order_update',
  language: 'en_US',
  header: null,
  body: [],
  buttons: [],
};
const MEDIA = { file: FILE, reference: { link: 'https://media.example/p/offer.pdf' } };

const message = (content: Record<string, unknown>): ClaimedMessage => claimedMessage({ type: 'template', content });

const templateOf = (stored: Partial<StoredTemplate>, media: typeof MEDIA | null = null): TemplateContent => {
  const payload = buildPayload(message({ template: { ...STORED, ...stored } }), media);
  if (payload.type !== 'template') throw new Error('no template');
  return payload.template;
};

describe('the payload of a template message', () => {
  it('has no components when there are no values', () => {
    expect(templateOf({})).toEqual({ name: 'order_update', language: { code: 'en_US' } });
  });

  it('has header, body and buttons in this order', () => {
    const expected: TemplateContent = {
      name: 'order_update',
      language: { code: 'en_US' },
      components: [
        { type: 'header', parameters: [{ type: 'text', text: '77', parameter_name: 'number' }] },
        { type: 'body', parameters: [{ type: 'text', text: 'Ana', parameter_name: 'name' }] },
        { type: 'button', sub_type: 'quick_reply', index: '0', parameters: [{ type: 'payload', payload: 'STOP' }] },
        { type: 'button', sub_type: 'url', index: '1', parameters: [{ type: 'text', text: 'abc' }] },
        { type: 'button', sub_type: 'copy_code', index: '2', parameters: [{ type: 'coupon_code', coupon_code: '25' }] },
        { type: 'button', sub_type: 'flow', index: '3', parameters: [{ type: 'action', action: { flow_token: 't' } }] },
        { type: 'button', sub_type: 'flow', index: '4', parameters: [{ type: 'action', action: {} }] },
      ],
    };
    const built = templateOf({
      header: { kind: 'text', text: '77', name: 'number' },
      body: [{ text: 'Ana', name: 'name' }],
      buttons: [
        { index: 0, kind: 'quick_reply', value: 'STOP' },
        { index: 1, kind: 'url', value: 'abc' },
        { index: 2, kind: 'copy_code', value: '25' },
        { index: 3, kind: 'flow', value: 't' },
        { index: 4, kind: 'flow', value: '' },
      ],
    });
    expect(built).toEqual(expected);
  });

  it.each([
    ['image', { type: 'image', image: MEDIA.reference }],
    ['video', { type: 'video', video: MEDIA.reference }],
    ['document', { type: 'document', document: { ...MEDIA.reference, filename: 'offer.pdf' } }],
  ] as const)('has the file of a header of kind %s', (kind, parameter) => {
    expect(templateOf({ header: { kind } }, MEDIA).components).toEqual([{ type: 'header', parameters: [parameter] }]);
    expect(() => templateOf({ header: { kind } })).toThrow(PayloadError);
  });

  it('has the place of a location header', () => {
    const header = { kind: 'location', latitude: 30.1, longitude: 31.2, name: 'Shop' } as const;
    expect(templateOf({ header }).components).toEqual([
      {
        type: 'header',
        parameters: [{ type: 'location', location: { latitude: 30.1, longitude: 31.2, name: 'Shop' } }],
      },
    ]);
  });

  it('is refused when what was stored is no template', () => {
    expect(() => buildPayload(message({}), null)).toThrow(PayloadError);
  });
});

describe('a sealed template', () => {
  const settings = Object.assign(new Settings(), {
    ENCRYPTION_KEY_ID: 'k1',
    ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
  });
  const encryption = new Encryption(settings);
  const sealed = (text: string, context = SEALED_CONTEXT) => encryption.encrypt(text, context).toString('base64');

  it('is opened for the payload, and its row stays as it was', () => {
    const code = { ...STORED, body: [{ text: '483927' }] };
    const claimed = message({ template: STORED, sealed: sealed(JSON.stringify(code)) });
    const payload = buildPayload(openSealed(claimed, encryption), null);
    expect(JSON.stringify(payload)).toContain('483927');
    expect(claimed.content.template).toEqual(STORED);
  });

  it('is left alone when it is none', () => {
    const claimed = message({ template: STORED });
    expect(openSealed(claimed, encryption)).toBe(claimed);
  });

  it('cannot be sent when what was sealed was wiped', () => {
    const claimed = message({ template: STORED, category: 'AUTHENTICATION' });
    expect(() => openSealed(claimed, encryption)).toThrow(PayloadError);
  });

  it.each([
    ['for something else', sealed('{}', 'other')],
    ['with no JSON in it', sealed('{')],
    ['cut short', 'AAAA'],
  ])('cannot be sent when it was sealed %s', (_what, value) => {
    expect(() => openSealed(message({ template: STORED, sealed: value }), encryption)).toThrow(PayloadError);
  });
});
