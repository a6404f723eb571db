import type { MessagePayload, PayloadRecipient } from '../../whatsapp/client/payloads.js';
import type { ClaimedMessage } from '../attempts/claimed-message.js';
import { audio } from './audio.js';
import { contacts } from './contacts.js';
import { document } from './document.js';
import { image } from './image.js';
import { interactive } from './interactive.js';
import { location } from './location.js';
import { PayloadError, type PayloadBuilder, type PayloadParts } from './payload-builder.js';
import { reaction } from './reaction.js';
import { template } from './template.js';
import { text } from './text.js';
import { video } from './video.js';

/** One builder for each type of message that can be sent. */
const BUILDERS: ReadonlyMap<string, PayloadBuilder> = new Map(
  Object.entries({ audio, contacts, document, image, interactive, location, reaction, template, text, video }),
);

/**
 * The program must not accept what it cannot send.
 * @throws PayloadError that names every type without a builder
 */
export function assertBuildersExist(types: readonly string[]): void {
  const missing = types.filter((type) => !BUILDERS.has(type));
  if (missing.length > 0) throw new PayloadError(`No payload builder for messages of type ${missing.join(', ')}`);
}

/**
 * The body of `POST /{phone_number_id}/messages` for a claimed message. The opaque data names message and attempt:
 * WhatsApp echoes it in every status, also when its answer never reached us.
 * @throws PayloadError
 */
export function buildPayload(message: ClaimedMessage, media: PayloadParts['media']): MessagePayload {
  const build = BUILDERS.get(message.type);
  if (!build) throw new PayloadError(`No payload builder for messages of type ${message.type}`);
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    ...recipientOf(message),
    ...build({ message, media }),
    ...quoteOf(message),
    biz_opaque_callback_data: opaqueData(message.id, message.attemptNo),
  };
}

/** `m=<message id>;a=<attempt>`: no personal data. */
export function opaqueData(messageId: number, attemptNo: number): string {
  return `m=${messageId};a=${attemptNo}`;
}

function recipientOf(message: ClaimedMessage): PayloadRecipient {
  // Without '+' WhatsApp takes the digits for a number of the sender's own country.
  if (message.phone !== null) return { to: `+${message.phone}` };
  if (message.recipientUserId !== null) return { recipient: message.recipientUserId };
  throw new PayloadError(`Message ${message.id} has no recipient`);
}

/** A reaction names its message itself; WhatsApp refuses one with a quote. */
function quoteOf({ type, replyToWamid }: ClaimedMessage): { context?: { message_id: string } } {
  return replyToWamid === null || type === 'reaction' ? {} : { context: { message_id: replyToWamid } };
}
