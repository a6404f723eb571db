import type { MediaReference, MessageContent } from '../../whatsapp/client/payloads.js';
import type { ClaimedMedia, ClaimedMessage } from '../attempts/claimed-message.js';

/** What a builder has at hand: the stored message, and its file as WhatsApp will take it. */
export interface PayloadParts {
  message: ClaimedMessage;
  media: { file: ClaimedMedia; reference: MediaReference } | null;
}

/** Makes the part of a Cloud API payload that belongs to one type of message. */
export type PayloadBuilder = (parts: PayloadParts) => MessageContent;

/** A stored message cannot be made into a payload: a fault of the program, or a row altered by hand. */
export class PayloadError extends Error {}

/** The file of a message that cannot be without one. @throws PayloadError */
export function requireMedia({ message, media }: PayloadParts): NonNullable<PayloadParts['media']> {
  if (!media) throw new PayloadError(`Message ${message.id} of type ${message.type} has no media`);
  return media;
}

/** A caption only when there is something to read. */
export function captionOf({ message }: PayloadParts): { caption?: string } {
  return message.body ? { caption: message.body } : {};
}

/** The text of a message that cannot be without one. @throws PayloadError */
export function requireText({ message }: PayloadParts): string {
  if (!message.body) throw new PayloadError(`Message ${message.id} of type ${message.type} has no text`);
  return message.body;
}
