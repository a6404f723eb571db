import { extensions as extensionsOf } from 'mime-types';
import { displayName, extensionOf } from '../names/file-names.js';

/** What WhatsApp says when it does not know. */
const UNKNOWN_TYPE = 'application/octet-stream';
const MIME_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$/;
/** What `newStorageKey` takes. */
const STORABLE_EXTENSION = /^[a-z0-9]{2,5}$/;

/** Name and type under which a customer's file is kept and shown. Its content is never trusted (see the serving). */
export interface CustomerFile {
  readonly mimeType: string;
  readonly filename: string;
  /** For the storage key. */
  readonly extension: string;
}

/**
 * @param mimeType as WhatsApp says it, with parameters such as `audio/ogg; codecs=opus`
 * @param filename as the customer's phone named it; null: it has none
 * @param messageType such as `image`: what a file without a name is called
 */
export function customerFile(mimeType: string | null, filename: string | null, messageType: string): CustomerFile {
  const bare = mimeType?.split(';')[0]?.trim().toLowerCase() ?? '';
  const known = MIME_TYPE.test(bare) ? bare : UNKNOWN_TYPE;
  const list = extensionsOf[known] ?? [];
  const given = extensionOf(filename ?? '');
  // A type that says nothing leaves the name its own extension.
  const own = known === UNKNOWN_TYPE && given !== '' ? [given] : [];
  const [first = 'bin', ...more] = [...own, ...list];
  return {
    mimeType: known,
    filename: displayName(filename ?? messageType, [first, ...more], messageType),
    extension: STORABLE_EXTENSION.test(first) ? first : 'bin',
  };
}

/** WhatsApp writes a SHA-256 in hex or in Base64. */
export function isSameHash(written: string, sha256: Buffer): boolean {
  return written.toLowerCase() === sha256.toString('hex') || written === sha256.toString('base64');
}
