import { INBOUND_MEDIA_MS, type MediaLibrary } from '../media/media-library.js';
import type { AssetStore } from '../media/asset-store.js';
import type { PhoneNumber } from '../world/phone-number.js';
import {
  ControlError,
  isParams,
  optionalNumber,
  optionalString,
  requiredString,
  type Params,
} from './control-params.js';

export const INBOUND_TYPES = [
  'text',
  'image',
  'video',
  'audio',
  'voice',
  'document',
  'sticker',
  'button',
  'interactive',
  'reaction',
  'location',
  'contacts',
  'order',
  'system',
  'unsupported',
] as const;
export type InboundType = (typeof INBOUND_TYPES)[number];

/** What is put into the message object beside `from`, `id` and `timestamp`. */
export interface InboundContent {
  readonly fields: Params;
  readonly assetUrl: string | null;
}

const DEFAULT_MIME_TYPES: Partial<Record<InboundType, string>> = {
  image: 'image/jpeg',
  video: 'video/mp4',
  audio: 'audio/mpeg',
  voice: 'audio/ogg; codecs=opus',
  document: 'application/pdf',
  sticker: 'image/webp',
};

/** The smallest PNG there is (one pixel), for media without bytes of their own. */
const ONE_PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** Builds the type's own part of an inbound message (WhatsApp, webhooks reference, messages). */
export class InboundContents {
  constructor(
    private readonly store: AssetStore,
    private readonly library: MediaLibrary,
  ) {}

  async build(type: InboundType, body: Params, number: PhoneNumber): Promise<InboundContent> {
    switch (type) {
      case 'text':
        return plain('text', { body: requiredString(body, 'text') });
      case 'image':
      case 'video':
      case 'audio':
      case 'voice':
      case 'document':
      case 'sticker':
        return this.#media(type, body, number);
      case 'button':
        return plain('button', object(body, 'button'));
      case 'interactive':
        return plain('interactive', object(body, 'interactive'));
      case 'reaction':
        return plain('reaction', object(body, 'reaction'));
      case 'location':
        return plain('location', object(body, 'location'));
      case 'contacts': {
        const contacts = body['contacts'];
        if (!Array.isArray(contacts)) throw new ControlError('contacts must be a list');
        return plain('contacts', contacts);
      }
      case 'order':
        return plain('order', object(body, 'order'));
      case 'system':
        return plain('system', object(body, 'system'));
      case 'unsupported':
        return {
          fields: {
            type: 'unsupported',
            errors: [
              {
                code: 131051,
                title: 'Message type unknown',
                message: 'Message type unknown',
                error_data: { details: 'Message type is currently not supported.' },
              },
            ],
          },
          assetUrl: null,
        };
    }
  }

  async #media(type: InboundType, body: Params, number: PhoneNumber): Promise<InboundContent> {
    const media = isParams(body['media']) ? body['media'] : {};
    const bytes = Buffer.from(optionalString(media, 'bytes_base64') ?? ONE_PIXEL, 'base64');
    if (bytes.length === 0) throw new ControlError('media.bytes_base64 is not base64');
    const ownBytes = media['bytes_base64'] !== undefined;
    const mimeType = optionalString(media, 'mime_type') ?? (ownBytes ? DEFAULT_MIME_TYPES[type] : 'image/png') ?? '';
    const asset = await this.store.putBytes(bytes, mimeType);
    const filename = optionalString(media, 'filename') ?? (type === 'document' ? 'document.pdf' : undefined);
    const describedSize = optionalNumber(media, 'described_size', 1, 1e12);
    const object = this.library.add(number, asset, mimeType, filename ?? null, INBOUND_MEDIA_MS, describedSize);
    const caption = optionalString(media, 'caption');
    const field = type === 'voice' ? 'audio' : type;
    const fields = {
      type: field,
      [field]: {
        id: object.id,
        mime_type: mimeType,
        sha256: asset.sha256,
        ...(caption === undefined ? {} : { caption }),
        ...(filename === undefined ? {} : { filename }),
        ...(field === 'audio' ? { voice: type === 'voice' } : {}),
        ...(field === 'sticker' ? { animated: false } : {}),
      },
    };
    return { fields, assetUrl: `/control/assets/${asset.sha256}` };
  }
}

function plain(type: InboundType, content: unknown): InboundContent {
  return { fields: { type, [type]: content }, assetUrl: null };
}

function object(body: Params, key: string): Params {
  const value = body[key];
  if (!isParams(value)) throw new ControlError(`${key} must be a JSON object`);
  return value;
}
