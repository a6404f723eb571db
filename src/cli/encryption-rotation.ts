import { Injectable } from '@nestjs/common';
import { operatorOf, recordChanges } from '../platform/audit/audit-trail.js';
import { Encryption } from '../platform/crypto/encryption.js';
import { Postgres } from '../platform/database/postgres.js';
import { SealedContentRotation } from '../templates/sending/sealed-content-rotation.js';
import { type Rotation, SecretRotation } from '../whatsapp/connection/secret-rotation.js';

/** Everything that is stored encrypted and outlives a day, moved to the current key. */
@Injectable()
export class EncryptionRotation {
  constructor(
    private readonly postgres: Postgres,
    private readonly encryption: Encryption,
    private readonly secrets: SecretRotation,
    private readonly messages: SealedContentRotation,
  ) {}

  /** @throws DecryptionError when a value's key is not configured; what was rotated before it stays so */
  async rotate(): Promise<Rotation> {
    // First, because it takes many transactions, and what a broken-off one has moved stays so.
    const details = { key_id: this.encryption.keyId };
    await recordChanges(this.postgres, operatorOf(null), [{ action: 'secrets.rotated', ids: [], details }]);
    const secrets = await this.secrets.rotate();
    const messages = await this.messages.rotate();
    return {
      keyId: secrets.keyId,
      rotated: secrets.rotated + messages.rotated,
      current: secrets.current + messages.current,
    };
  }
}
