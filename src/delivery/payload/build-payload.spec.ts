import type { ClaimedMedia, ClaimedMessage } from '../attempts/claimed-message.js';
import { assertBuildersExist, buildPayload, opaqueData } from './build-payload.js';
import { PayloadError } from './payload-builder.js';

const FILE: ClaimedMedia = {
  fileId: 3,
  publicId: 'p',
  filename: 'offer.pdf',
  mimeType: 'application/pdf',
  sizeBytes: 10,
  storageKey: 'k',
  uploadedId: null,
};

const message = (fields: Partial<ClaimedMessage>): ClaimedMessage => ({
  id: 42,
  tenantId: 1,
  attemptNo: 3,
  retries: 0,
  dueAt: new Date(0),
  type: 'image',
  phone: '971501234567',
  recipientUserId: null,
  body: 'a caption',
  content: {},
  replyToWamid: null,
  media: FILE,
  inServiceWindow: true,
  templateStatus: null,
  number: {
    id: 5,
    phoneNumberId: '106',
    accountId: 6,
    accountUpdatedAt: new Date(0),
    ratePerSecond: 80,
    portfolio: 'waba:7',
    messagingLimitTier: null,
  },
  ...fields,
});
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
