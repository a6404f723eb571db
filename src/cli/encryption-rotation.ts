import { Injectable } from '@nestjs/common';
import { SealedContentRotation } from '../templates/sending/sealed-content-rotation.js';
import { type Rotation, SecretRotation } from '../whatsapp/connection/secret-rotation.js';

/** Everything that is stored encrypted and outlives a day, moved to the current key. */
@Injectable()
export class EncryptionRotation {
  constructor(
    private readonly secrets: SecretRotation,
    private readonly messages: SealedContentRotation,
  ) {}

  /** @throws DecryptionError when a value's key is not configured; what was rotated before it stays so */
  async rotate(): Promise<Rotation> {
    const secrets = await this.secrets.rotate();
    const messages = await this.messages.rotate();
    return {
      keyId: secrets.keyId,
      rotated: secrets.rotated + messages.rotated,
      current: secrets.current + messages.current,
    };
  }
}
