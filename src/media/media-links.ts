import { Injectable } from '@nestjs/common';
import { customAlphabet } from 'nanoid';
import { Settings } from '../platform/config/settings.js';
import { Encryption } from '../platform/crypto/encryption.js';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PUBLIC_ID_LENGTH = 24;
/** How long a signed address lives, seconds. */
export const SIGNED_S = 15 * 60;
const SIGNATURE_CONTEXT = 'media_links.signature';
const UNIX_SECONDS = /^\d{1,12}$/;

/** What a public id looks like; anything else is answered without asking the database. */
export const PUBLIC_ID = /^[0-9A-Za-z]{24}$/;

/** Makes the public, unguessable addresses under which WhatsApp and clients download media. */
@Injectable()
export class MediaLinks {
  private readonly base: string;

  constructor(
    settings: Settings,
    private readonly encryption: Encryption,
  ) {
    const base = settings.MEDIA_PUBLIC_URL ?? settings.PUBLIC_URL ?? `http://${settings.HOST}:${settings.PORT}`;
    this.base = base.replace(/\/+$/, '');
  }

  /** 24 base62 characters from the system's random source: 142 bits, so that an address cannot be guessed. */
  readonly newPublicId: () => string = customAlphabet(ALPHABET, PUBLIC_ID_LENGTH);

  /** Address of a link: MEDIA_PUBLIC_URL (else PUBLIC_URL) + `/media/{public_id}/{filename}`. */
  url(publicId: string, filename: string): string {
    return `${this.base}/media/${publicId}/${encodeURIComponent(filename)}`;
  }

  /** Address of a customer's file: good for 15 minutes from `now`. */
  signedUrl(publicId: string, filename: string, now = Date.now()): string {
    const expires = String(Math.trunc(now / 1000) + SIGNED_S);
    const signature = this.encryption.sign(`${publicId} ${expires}`, SIGNATURE_CONTEXT);
    return `${this.url(publicId, filename)}?expires=${expires}&signature=${signature}`;
  }

  /**
   * How long a signed address still lives.
   * @returns seconds; null when its time is over, or nobody of ours signed it
   */
  secondsLeft(publicId: string, expires: unknown, signature: unknown, now = Date.now()): number | null {
    if (typeof expires !== 'string' || typeof signature !== 'string' || !UNIX_SECONDS.test(expires)) return null;
    const left = Number(expires) - Math.trunc(now / 1000);
    if (left <= 0 || !this.encryption.isSigned(`${publicId} ${expires}`, signature, SIGNATURE_CONTEXT)) return null;
    return left;
  }
}
