import type { MessagePayload } from '../../whatsapp/client/payloads.js';
import type { SendResult } from '../../whatsapp/client/send-result.js';
import { classify } from '../../whatsapp/errors/classify.js';
import { withoutValues } from './without-values.js';

const ENVELOPE = { messaging_product: 'whatsapp', recipient_type: 'individual', to: '+201000000000' } as const;

const carrying = (...texts: string[]): MessagePayload => ({
  ...ENVELOPE,
  type: 'template',
  template: {
    name: 'verification_code',
    language: { code: 'en_US' },
    components: [
      { type: 'body', parameters: texts.map((text) => ({ type: 'text', text })) },
      { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: texts[0] ?? '' }] },
    ],
  },
});

const refused = (title: string, details: string | null): SendResult => ({
  kind: 'refused',
  code: 131009,
  title,
  details,
  httpStatus: 400,
  fbtraceId: null,
  classification: classify(131009, 400),
});

describe('what WhatsApp said to a one-time code', () => {
  it('does not repeat the code, however often it does, nor other values', () => {
    const result = withoutValues(
      refused('Bad Ab12', "'Ab12', 'Ab12' of Blue Shop in 10 minutes"),
      carrying('Ab12', '10', 'Blue Shop'),
    );
    expect(result).toEqual(refused('Bad ******', "'******', '******' of ****** in 10 minutes"));
  });

  it('is left as it is when it says nothing of them', () => {
    expect(withoutValues(refused('Bad', null), carrying('Ab12'))).toEqual(refused('Bad', null));
    expect(withoutValues(refused('Bad Ab12', null), { ...ENVELOPE, type: 'text', text: { body: 'Ab12' } })).toEqual(
      refused('Bad Ab12', null),
    );
    const accepted: SendResult = { kind: 'accepted', wamid: 'wamid.Ab12' };
    expect(withoutValues(accepted, carrying('Ab12'))).toBe(accepted);
  });
});
