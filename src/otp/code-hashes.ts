import { Injectable } from '@nestjs/common';
import { Encryption } from '../platform/crypto/encryption.js';

const CONTEXT = 'one_time_codes.code_hash';

/** What a code belongs to; a hash that stands in another row fits no code. */
export interface CodePlace {
  readonly tenantId: number;
  readonly phone: string;
  readonly purpose: string;
  /** UUID, new with every code. */
  readonly id: string;
}

/**
 * Keyed hashes of one-time codes: HMAC-SHA256 under a key of this purpose alone that is derived from the encryption
 * key. Without that key the few possible codes cannot be tried out against a stolen database. Codes that were sent
 * before a rotation of the key are still known after it.
 */
@Injectable()
export class CodeHashes {
  constructor(private readonly encryption: Encryption) {}

  /** What is stored of a code. */
  of(place: CodePlace, code: string): string {
    return this.encryption.sign(hashed(place, code), CONTEXT);
  }

  /** Whether this is the code that was hashed. Takes the same time for every wrong one. */
  matches(place: CodePlace, code: string, hash: string): boolean {
    return this.encryption.isSigned(hashed(place, code), hash, CONTEXT);
  }
}

const hashed = ({ tenantId, phone, purpose, id }: CodePlace, code: string): string =>
  JSON.stringify([tenantId, phone, purpose, id, code]);
