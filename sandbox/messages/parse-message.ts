import { GraphError } from '../graph/graph-error.js';
import {
  child,
  invalidParameter,
  invalidValue,
  isFields,
  missing,
  onlyKeys,
  readNumber,
  readObject,
  readOptionalBoolean,
  readOptionalText,
  readText,
  type Fields,
} from '../graph/read-params.js';
import type { MessageContent, MessageRequest, MessageType } from './message-types.js';
import { checkContacts } from './parse-contacts.js';
import { readInteractive } from './parse-interactive.js';
import { readMedia } from './parse-media.js';
import { readTemplate } from './parse-template.js';
import { readRecipient } from './recipient.js';

const TEXT_BODY_MAX = 4096;
/** WhatsApp changelog: raised from 256 to 512. */
const OPAQUE_MAX = 512;

const ENVELOPE = [
  'messaging_product',
  'recipient_type',
  'to',
  'recipient',
  'context',
  'biz_opaque_callback_data',
  'messaging_account_id',
  'type',
];
const TYPES: readonly MessageType[] = [
  'text',
  'image',
  'video',
  'audio',
  'document',
  'sticker',
  'location',
  'contacts',
  'reaction',
  'interactive',
  'template',
];
const ENVELOPE_KEYS = new Map<string, ReadonlySet<string>>(TYPES.map((type) => [type, new Set([...ENVELOPE, type])]));
const READ_KEYS = new Set(['messaging_product', 'status', 'message_id', 'typing_indicator']);

/**
 * Checks the body of `POST /{phone_number_id}/messages` (WhatsApp, "Send messages").
 * @param countryCode The business number's country code, put before a `to` without `+`.
 * @throws GraphError 100, 131008 or 131009.
 */
export function parseMessage(body: unknown, countryCode: string): MessageRequest {
  if (!isFields(body)) throw invalidParameter('The request body must be a JSON object.');
  if (body['messaging_product'] !== 'whatsapp') {
    throw new GraphError(100, 'The parameter messaging_product is required and must be whatsapp.');
  }
  if (body['status'] !== undefined) return parseReadReceipt(body);
  const type = body['type'] ?? 'text';
  if (typeof type !== 'string') throw invalidParameter('Param type must be a string.');
  const keys = ENVELOPE_KEYS.get(type);
  if (keys === undefined) throw invalidParameter(`Param type must be one of ${TYPES.join(', ')}.`);
  onlyKeys(body, '', keys);
  const recipientType = body['recipient_type'];
  if (recipientType !== undefined && recipientType !== 'individual') {
    throw invalidValue('Param recipient_type must be individual: this number has no access to groups.');
  }
  const recipient = readRecipient(body, countryCode);
  const opaque = readOptionalText(body, 'biz_opaque_callback_data', '', OPAQUE_MAX) ?? null;
  const content = readContent(type, body);
  checkContext(body, content.type);
  return { kind: 'send', recipient, content, opaque };
}

function parseReadReceipt(body: Fields): MessageRequest {
  onlyKeys(body, '', READ_KEYS);
  if (body['status'] !== 'read') throw invalidValue('Param status must be read.');
  const messageId = readText(body, 'message_id', '', 512);
  let typing = false;
  if (body['typing_indicator'] !== undefined) {
    const indicator = readObject(body, 'typing_indicator', '');
    if (indicator['type'] !== 'text') throw invalidValue(`Param typing_indicator['type'] must be text.`);
    typing = true;
  }
  return { kind: 'mark_read', messageId, typing };
}

function checkContext(body: Fields, type: MessageType): void {
  if (body['context'] === undefined || body['context'] === null) return;
  const context = readObject(body, 'context', '');
  onlyKeys(context, 'context', new Set(['message_id']));
  readText(context, 'message_id', 'context', 512);
  if (type === 'reaction') throw invalidParameter('A reaction cannot have a context.');
}

function readContent(type: string, body: Fields): MessageContent {
  switch (type) {
    case 'text': {
      const text = readObject(body, 'text', '');
      onlyKeys(text, 'text', new Set(['body', 'preview_url']));
      readText(text, 'body', 'text', TEXT_BODY_MAX);
      readOptionalBoolean(text, 'preview_url', 'text');
      return { type };
    }
    case 'image':
    case 'video':
    case 'audio':
    case 'document':
    case 'sticker':
      return { type, media: readMedia(readObject(body, type, ''), type, type) };
    case 'location': {
      const location = readObject(body, 'location', '');
      onlyKeys(location, 'location', new Set(['latitude', 'longitude', 'name', 'address']));
      readNumber(location, 'latitude', 'location', -90, 90);
      readNumber(location, 'longitude', 'location', -180, 180);
      readOptionalText(location, 'name', 'location', 1000);
      readOptionalText(location, 'address', 'location', 1000);
      return { type };
    }
    case 'contacts':
      checkContacts(body);
      return { type };
    case 'reaction': {
      const reaction = readObject(body, 'reaction', '');
      onlyKeys(reaction, 'reaction', new Set(['message_id', 'emoji']));
      const emoji = reaction['emoji'];
      // An empty emoji takes the reaction back; a missing one is an error.
      if (typeof emoji !== 'string') throw missing(child('reaction', 'emoji'));
      if (emoji !== '' && !/^(?:\p{Emoji}|\p{Emoji_Component}){1,20}$/u.test(emoji)) {
        throw invalidValue(`Param ${child('reaction', 'emoji')} must be an emoji.`);
      }
      return { type, messageId: readText(reaction, 'message_id', 'reaction', 512), emoji };
    }
    case 'interactive':
      return readInteractive(body);
    case 'template':
      return readTemplate(body);
    default:
      throw invalidParameter(`Param type '${type}' is not supported.`);
  }
}
