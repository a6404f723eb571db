import { Injectable } from '@nestjs/common';
import { customAlphabet } from 'nanoid';
import { Settings } from '../platform/config/settings.js';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PUBLIC_ID_LENGTH = 24;

/** What a public id looks like; anything else is answered without asking the database. */
export const PUBLIC_ID = /^[0-9A-Za-z]{24}$/;

/** Makes the public, unguessable addresses under which WhatsApp and clients download media. */
@Injectable()
export class MediaLinks {
  private readonly base: string;

  constructor(settings: Settings) {
    const base = settings.MEDIA_PUBLIC_URL ?? settings.PUBLIC_URL ?? `http://${settings.HOST}:${settings.PORT}`;
    this.base = base.replace(/\/+$/, '');
  }

  /** 24 base62 characters from the system's random source: 142 bits, so that an address cannot be guessed. */
  readonly newPublicId: () => string = customAlphabet(ALPHABET, PUBLIC_ID_LENGTH);

  /** Address of a link: MEDIA_PUBLIC_URL (else PUBLIC_URL) + `/media/{public_id}/{filename}`. */
  url(publicId: string, filename: string): string {
    return `${this.base}/media/${publicId}/${encodeURIComponent(filename)}`;
  }
}
