import { newGraphId } from '../world/ids.js';
import type { PhoneNumber } from '../world/phone-number.js';
import { kindOfMimeType, LARGEST_MEDIA_BYTES, mediaFault } from './media-rules.js';
import type { MediaKind } from '../messages/message-types.js';
import type { Asset } from './asset-store.js';

const DAY_MS = 86_400_000;
/** WhatsApp, "Media": uploaded ids live 30 days, those of inbound messages 7 days, a download URL 5 minutes. */
export const UPLOADED_MEDIA_MS = 30 * DAY_MS;
export const INBOUND_MEDIA_MS = 7 * DAY_MS;
export const MEDIA_URL_MS = 5 * 60_000;
const OBJECTS_MAX = 150_000;

/** A media id and what it stands for. */
export interface MediaObject {
  readonly id: string;
  readonly number: PhoneNumber;
  readonly mimeType: string;
  readonly sha256: string;
  readonly size: number;
  /** What `GET /{media_id}` says of the size; a test may have it say something else. */
  readonly describedSize: number;
  readonly head: Buffer;
  readonly filename: string | null;
  readonly expiresAt: number;
}

/** The media ids of all numbers. */
export class MediaLibrary {
  readonly #objects = new Map<string, MediaObject>();

  add(
    number: PhoneNumber,
    asset: Asset,
    mimeType: string,
    filename: string | null,
    livesMs: number,
    describedSize = asset.size,
  ): MediaObject {
    const object: MediaObject = {
      id: newGraphId(),
      number,
      mimeType,
      sha256: asset.sha256,
      size: asset.size,
      describedSize,
      head: asset.head,
      filename,
      expiresAt: number.account.clock.now() + livesMs,
    };
    this.#objects.set(object.id, object);
    if (this.#objects.size > OBJECTS_MAX) {
      const [oldest] = this.#objects.keys();
      if (oldest !== undefined) this.#objects.delete(oldest);
    }
    return object;
  }

  /** The object, unless it expired. */
  find(id: string): MediaObject | undefined {
    const object = this.#objects.get(id);
    if (object === undefined) return undefined;
    if (object.expiresAt > object.number.account.clock.now()) return object;
    this.#objects.delete(id);
    return undefined;
  }

  remove(id: string): void {
    this.#objects.delete(id);
  }
}

/** Why an upload cannot be taken, or null: its kind follows from its MIME type. */
export function uploadFault(asset: Asset, mimeType: string): string | null {
  const kind = kindOfMimeType(mimeType);
  if (kind === undefined) return `Param file must be a file with one of the allowed types, not ${mimeType}.`;
  return mediaFault(kind, mimeType, asset.size, asset.head);
}

/** Why this object cannot be sent as this kind, or null. Any allowed type may go as a document. */
export function objectFault(object: MediaObject, kind: MediaKind): string | null {
  return mediaFault(kind, object.mimeType, object.size, object.head);
}

export { LARGEST_MEDIA_BYTES };
