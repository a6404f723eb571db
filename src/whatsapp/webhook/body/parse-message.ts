import type { MessageItem, ReportedMedia, Sender } from './items.js';
import { id, jsonbText, list, phoneDigits, record, text, unixSeconds, type JsonRecord } from './json.js';
import { parseError } from './parse-error.js';

/** Longest wamid taken; they are opaque (WhatsApp's have about 60 characters) and stand in a unique index. */
export const WAMID_LENGTH = 255;
export const USER_ID_LENGTH = 128;

/** Which number a `messages` change is about. */
export interface NumberAddress {
  readonly wabaId: string;
  readonly phoneNumberId: string;
}

/** `contacts[]` of a change: who is who in it. */
export function parseSenders(contacts: unknown): Sender[] {
  return list(contacts).flatMap((entry) => {
    const contact = record(entry);
    return contact
      ? [
          {
            phone: phoneDigits(contact.wa_id),
            userId: id(contact.user_id, USER_ID_LENGTH),
            profileName: text(record(contact.profile)?.name)?.trim() || null,
          },
        ]
      : [];
  });
}

/**
 * One inbound message.
 * @returns the reason when it cannot be stored: no id, no sender, or nested too deep
 */
export function parseMessage(
  value: unknown,
  at: string,
  address: NumberAddress,
  senders: readonly Sender[],
): MessageItem | string {
  const message = record(value);
  if (!message) return 'not an object';
  const wamid = id(message.id, WAMID_LENGTH);
  if (!wamid) return 'no message id';
  const sender = messageSender(message, senders);
  if (!sender) return 'neither phone number nor user id of the sender';
  const content = contentOf(message);
  if (content === null) return 'nested too deep';
  const type = typeof message.type === 'string' && /^[a-z_]{1,40}$/.test(message.type) ? message.type : 'unsupported';
  return {
    kind: 'message',
    at,
    ...address,
    wamid,
    sender,
    sentAt: unixSeconds(message.timestamp),
    type,
    body: readableText(type, message),
    content,
    // A reaction names the message that it is about.
    replyToWamid: id(record(message.reaction)?.message_id ?? record(message.context)?.id, WAMID_LENGTH),
    becomes: type === 'system' ? newIdentity(record(message.system)) : null,
    error: parseError(list(message.errors)[0]),
    word: optWord(type, message),
    media: reportedMedia(type, message),
  };
}

function messageSender(message: JsonRecord, senders: readonly Sender[]): Sender | null {
  // A change of the user id names the one we know him by; `from_user_id` may be the new one already.
  const previousId = message.type === 'system' ? id(record(message.system)?.previous_user_id, USER_ID_LENGTH) : null;
  return senderOf(phoneDigits(message.from), previousId ?? id(message.from_user_id, USER_ID_LENGTH), senders);
}

/** An item names phone, user id or both; the change's contact that agrees with it adds the other, and the name. */
export function senderOf(phone: string | null, userId: string | null, senders: readonly Sender[]): Sender | null {
  if (!phone && !userId) return null;
  const known = senders.find(
    (sender) =>
      (phone !== null && sender.phone === phone && (!userId || !sender.userId || sender.userId === userId)) ||
      (userId !== null && sender.userId === userId && (!phone || !sender.phone || sender.phone === phone)),
  );
  return {
    phone: phone ?? known?.phone ?? null,
    userId: userId ?? known?.userId ?? null,
    profileName: known?.profileName ?? null,
  };
}

/** `user_changed_number` and `user_changed_user_id`: `wa_id` and `user_id` are the new ones. */
function newIdentity(system: JsonRecord | null): MessageItem['becomes'] {
  if (system?.type !== 'user_changed_number' && system?.type !== 'user_changed_user_id') return null;
  const phone = phoneDigits(system.wa_id);
  const userId = id(system.user_id, USER_ID_LENGTH);
  return phone || userId ? { phone, userId } : null;
}

/** Messages that are a file, and where it stands in them. */
const MEDIA_TYPES: ReadonlySet<string> = new Set(['image', 'video', 'audio', 'document', 'sticker']);

function reportedMedia(type: string, message: JsonRecord): ReportedMedia | null {
  const media = MEDIA_TYPES.has(type) ? record(message[type]) : null;
  const mediaId = id(media?.id, WAMID_LENGTH);
  return mediaId === null ? null : { id: mediaId, filename: text(media?.filename) };
}

/** What counts as the customer's own word: a text as a whole, or the button of a template that was tapped. */
function optWord(type: string, message: JsonRecord): string | null {
  if (type === 'text') return text(record(message.text)?.body);
  if (type === 'button') return text(record(message.button)?.text);
  return type === 'interactive' ? text(record(record(message.interactive)?.button_reply)?.title) : null;
}

const IN_COLUMNS = new Set(['id', 'from', 'timestamp', 'type']);

/** WhatsApp's own object, without what stands in columns. Media ids are in it. */
function contentOf(message: JsonRecord): string | null {
  try {
    return jsonbText(Object.fromEntries(Object.entries(message).filter(([name]) => !IN_COLUMNS.has(name))));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** The text a person would read in the chat, per message type. */
function readableText(type: string, message: JsonRecord): string | null {
  if (type === 'contacts') return contactNames(message.contacts);
  const object = record(message[type]);
  if (!object) return null;
  switch (type) {
    case 'text':
    case 'system':
      return text(object.body);
    case 'image':
    case 'video':
    case 'document':
      return text(object.caption);
    case 'button':
    case 'order':
      return text(object.text);
    case 'interactive': {
      const reply = record(object.button_reply) ?? record(object.list_reply);
      return text(reply?.title) ?? text(record(object.nfm_reply)?.body);
    }
    case 'reaction':
      return text(object.emoji);
    case 'location':
      return text(object.name) ?? text(object.address);
    default:
      return null;
  }
}

/** `Mona Ali, Omar`: whose cards were sent. */
function contactNames(contacts: unknown): string | null {
  const names = list(contacts).flatMap((contact) => text(record(record(contact)?.name)?.formatted_name) ?? []);
  return names.length === 0 ? null : names.join(', ');
}
