import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const MAC_KEY_BYTES = 32;

/** What was encrypted cannot be opened: its key is not among the configured ones, or it was altered. */
export class DecryptionError extends Error {}

/**
 * AES-256-GCM for secrets at rest (NIST SP 800-38D). The name of the key is stored with each value, so keys can be
 * rotated: the newest encrypts, earlier ones still decrypt. Layout: 1 byte length of the key id, key id, 12 bytes
 * nonce, 16 bytes tag, ciphertext. The context (for example `whatsapp_accounts.access_token`) is authenticated, so a
 * value copied into another column does not open.
 */
@Injectable()
export class Encryption {
  private readonly keys = new Map<string, Buffer>();
  private readonly currentId: string;

  constructor(settings: Settings) {
    this.currentId = settings.ENCRYPTION_KEY_ID;
    for (const pair of settings.ENCRYPTION_PREVIOUS_KEYS?.split(',') ?? []) {
      const [id = '', key = ''] = pair.split(':');
      this.keys.set(id, Buffer.from(key, 'base64'));
    }
    this.keys.set(this.currentId, Buffer.from(settings.ENCRYPTION_KEY, 'base64'));
  }

  /** Encrypts UTF-8 text with the current key. */
  encrypt(plain: string, context: string): Buffer {
    const nonce = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key(this.currentId), nonce);
    cipher.setAAD(Buffer.from(context));
    const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    const id = Buffer.from(this.currentId);
    return Buffer.concat([Buffer.from([id.length]), id, nonce, cipher.getAuthTag(), body]);
  }

  /** @throws DecryptionError when the key is unknown, or the value was altered or cut short */
  decrypt(sealed: Uint8Array, context: string): string {
    const bytes = Buffer.from(sealed);
    const idLength = bytes[0] ?? 0;
    // A shorter tag would be accepted, and is easier to guess.
    if (bytes.length < 1 + idLength + IV_BYTES + TAG_BYTES)
      throw new DecryptionError(`A secret for ${context} is cut short`);
    const id = keyIdOf(bytes);
    const nonce = bytes.subarray(1 + idLength, 1 + idLength + IV_BYTES);
    const tag = bytes.subarray(1 + idLength + IV_BYTES, 1 + idLength + IV_BYTES + TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.key(id), nonce);
    decipher.setAAD(Buffer.from(context));
    try {
      decipher.setAuthTag(tag);
      return Buffer.concat([
        decipher.update(bytes.subarray(1 + idLength + IV_BYTES + TAG_BYTES)),
        decipher.final(),
      ]).toString('utf8');
    } catch (error) {
      throw new DecryptionError(`A secret for ${context} cannot be opened with key ${id}`, { cause: error });
    }
  }

  /**
   * A signature of ours: HMAC-SHA256 of the text, in URL-safe Base64, under a key that is derived from the current one
   * for this context alone (RFC 5869).
   */
  sign(text: string, context: string): string {
    return this.mac(this.currentId, text, context).toString('base64url');
  }

  /** Whether {@link sign} made the signature, with the current key or an earlier one. In constant time. */
  isSigned(text: string, signature: string, context: string): boolean {
    const given = Buffer.from(signature, 'base64url');
    return [...this.keys.keys()].some((id) => {
      const right = this.mac(id, text, context);
      return given.length === right.length && timingSafeEqual(given, right);
    });
  }

  private mac(keyId: string, text: string, context: string): Buffer {
    const key = Buffer.from(hkdfSync('sha256', this.key(keyId), '', context, MAC_KEY_BYTES));
    return createHmac('sha256', key).update(text).digest();
  }

  /** True for a value that another key than the current one encrypted. */
  isOutdated(sealed: Uint8Array): boolean {
    return keyIdOf(Buffer.from(sealed)) !== this.currentId;
  }

  /** Name of the key that encrypts now. */
  get keyId(): string {
    return this.currentId;
  }

  private key(id: string): Buffer {
    const key = this.keys.get(id);
    if (!key) throw new DecryptionError(`No encryption key with id ${JSON.stringify(id)} is configured`);
    return key;
  }
}

/** The name of the key stands before what it encrypted. */
const keyIdOf = (bytes: Buffer): string => bytes.subarray(1, 1 + (bytes[0] ?? 0)).toString();
