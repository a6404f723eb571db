import { createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Encryption } from '../../platform/crypto/encryption.js';
import { Postgres } from '../../platform/database/postgres.js';

/** What the key is encrypted for; a rotation moves it to a new encryption key. */
export const INSTALLATION_KEY_CONTEXT = 'installation_keys.key_encrypted';

const NAME = 'identity-hashes';
const KEY_BYTES = 32;

/** By what a person is known to WhatsApp. */
export interface Identity {
  readonly phone: string | null;
  readonly whatsappUserId?: string | null;
}

/**
 * Hashes of phones and WhatsApp user ids that tell whether somebody is the same person, and not who it is: HMAC-SHA256
 * under a key of the installation. That key is made once and kept encrypted in the database, so that it stays the same
 * when the encryption key is rotated: what was hashed is not there any more to be hashed again.
 */
@Injectable()
export class IdentityHashes {
  private key: Promise<Buffer> | undefined;

  constructor(
    private readonly postgres: Postgres,
    private readonly encryption: Encryption,
  ) {}

  /**
   * Reads the key, once. To be awaited before a transaction that makes or erases contacts: inside it, the reading would
   * want a second connection while all others may wait for the same.
   */
  async ready(): Promise<void> {
    await this.read();
  }

  /** One hash for each of the two that is known; the same person has others with another tenant. */
  async of(tenantId: number, { phone, whatsappUserId }: Identity): Promise<string[]> {
    const known = [
      ...(phone === null ? [] : [`phone ${phone}`]),
      ...(whatsappUserId ? [`user ${whatsappUserId}`] : []),
    ];
    if (known.length === 0) return [];
    const key = await this.read();
    return known.map((identity) => createHmac('sha256', key).update(`${tenantId} ${identity}`).digest('base64url'));
  }

  private read(): Promise<Buffer> {
    this.key ??= this.readOrMake().catch((error: unknown) => {
      this.key = undefined;
      throw error;
    });
    return this.key;
  }

  private async readOrMake(): Promise<Buffer> {
    const [known] = await this.find();
    if (known) return this.open(known.sealed);
    const made = this.encryption.encrypt(randomBytes(KEY_BYTES).toString('base64'), INSTALLATION_KEY_CONTEXT);
    // The first process to come makes it; the others read that one.
    await this.postgres.query(
      'installation_keys_make',
      'INSERT INTO installation_keys (name, key_encrypted) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING',
      [NAME, made],
    );
    const [row] = await this.find();
    if (!row) throw new Error('The key of identity hashes is not there although it was just made');
    return this.open(row.sealed);
  }

  private find(): Promise<{ sealed: Buffer }[]> {
    return this.postgres.query(
      'installation_keys_find',
      'SELECT key_encrypted AS sealed FROM installation_keys WHERE name = $1',
      [NAME],
    );
  }

  private open(sealed: Buffer): Buffer {
    return Buffer.from(this.encryption.decrypt(sealed, INSTALLATION_KEY_CONTEXT), 'base64');
  }
}
