import type { Encryption } from '../../platform/crypto/encryption.js';
import { SEALED_CONTEXT } from '../../templates/sending/stored-template.js';
import type { ClaimedMessage } from '../attempts/claimed-message.js';
import { PayloadError } from './payload-builder.js';

/**
 * The message with what it was stored with encrypted (a one-time code) in clear, in memory alone.
 * @throws PayloadError when it cannot be opened: then nobody can send it any more
 */
export function openSealed(message: ClaimedMessage, encryption: Encryption): ClaimedMessage {
  const { sealed } = message.content;
  if (typeof sealed !== 'string') {
    if (message.content.category !== 'AUTHENTICATION') return message;
    throw new PayloadError(`Message ${message.id} has no code any more`);
  }
  try {
    const template: unknown = JSON.parse(encryption.decrypt(Buffer.from(sealed, 'base64'), SEALED_CONTEXT));
    return { ...message, content: { template } };
  } catch (error) {
    throw new PayloadError(`Message ${message.id} cannot be opened`, { cause: error });
  }
}
