import {
  type ApiError,
  contactOptedOut,
  featureLimitExceeded,
  notFound,
  serviceWindowClosed,
  validationError,
  whatsappNotConfigured,
} from '../../platform/http/api-error.js';
import { codePoints } from '../../platform/http/validation/code-points.js';
import { type Circumstances, REACTION_DAYS } from './lookup.js';
import { fillMergeFields, type MergeSource } from './merge-fields.js';
import type { OutboundMessage, RenderedMessage } from './outbound-message.js';

/**
 * Whether a message may be sent as things stand, before anything is written: what the caller is told when not. The
 * order is the contract's: bad input, then 404, then plan limits and the rest.
 */
export function judge(message: OutboundMessage, found: Circumstances): ApiError | undefined {
  return badInput(message, found) ?? missing(message, found) ?? overLimit(found) ?? forbidden(message, found);
}

/** The text as it will be sent. */
export function mergedText(message: OutboundMessage, source: MergeSource): string | null {
  if (message.text === null || message.textVerbatim) return message.text;
  return fillMergeFields(message.text, source);
}

/** Text and content as they will be sent; for a message that was judged sendable with the same source. */
export function filledIn(message: OutboundMessage, source: MergeSource): RenderedMessage {
  if (!message.render) return { text: mergedText(message, source), content: message.content };
  const rendered = message.render((text) => fillMergeFields(text, source));
  if ('faults' in rendered) throw new Error('A message with faults was judged sendable');
  return rendered;
}

/** What a new contact's merge fields are filled from. */
export function newContactMergeSource(message: OutboundMessage): MergeSource {
  return {
    firstname: message.newContact?.firstname ?? message.phone ?? null,
    lastname: message.newContact?.lastname ?? null,
    email: message.newContact?.email ?? null,
    phone: message.phone ?? null,
  };
}

function badInput(message: OutboundMessage, found: Circumstances): ApiError | undefined {
  const details: Record<string, string[]> = {};
  if (message.from !== undefined && !found.number) {
    details.from = ['The from field must be a phone number id of one of your WhatsApp numbers.'];
  }
  if (message.contactId !== undefined && message.phone !== undefined && found.contact) {
    if (found.contact.phone !== message.phone) {
      details.contact_id = ['The contact has another phone than the one given in phone.'];
    }
  }
  if (message.refersTo) {
    const fault = faultOfReference(message, found.referred);
    if (fault) details[message.refersTo.field] = [fault];
  }
  const source = found.contact ?? newContactMergeSource(message);
  const rendered = message.render?.((written) => fillMergeFields(written, source));
  if (rendered && 'faults' in rendered) Object.assign(details, rendered.faults);
  const text = mergedText(message, source);
  if (text !== null && codePoints(text) > message.textLimit) {
    details[message.textField] = [
      `The ${message.textField} field must not be longer than ${message.textLimit} characters after its merge fields are filled in.`,
    ];
  } else if (message.textRequired && (text ?? '').trim() === '') {
    details[message.textField] = [
      `The ${message.textField} field must not be blank after its merge fields are filled in.`,
    ];
  }
  if (message.contactId === undefined && !found.contact) {
    const absent = [
      found.defaultStatusId === null && 'status',
      found.defaultSourceId === null && 'source',
      found.defaultAssignedId === null && message.newContact?.assignedId === undefined && 'assignee',
    ].filter((name) => name !== false);
    if (absent.length > 0) {
      details.phone = [
        `No contact has this phone, and none can be created: the account has no default ${absent.join(', ')} for new contacts.`,
      ];
    }
  }
  return Object.keys(details).length > 0 ? validationError(details) : undefined;
}

function faultOfReference({ type }: OutboundMessage, referred: Circumstances['referred']): string | undefined {
  if (!referred) return 'There is no such message in the chat of this number and contact.';
  if (referred.wamid === null) return 'WhatsApp does not have that message yet.';
  if (type !== 'reaction') return undefined;
  if (referred.type === 'reaction') return 'That message is a reaction itself.';
  if (referred.isOld) return `That message is older than ${REACTION_DAYS} days.`;
  return undefined;
}

function missing(message: OutboundMessage, found: Circumstances): ApiError | undefined {
  if (message.contactId !== undefined && !found.contact) return notFound('There is no contact with this contact_id.');
  return undefined;
}

function overLimit(found: Circumstances): ApiError | undefined {
  if (!found.contact && found.limitContacts >= 0 && found.contactCount >= found.limitContacts) {
    return featureLimitExceeded('contacts', found.contactCount, found.limitContacts);
  }
  if (
    !found.chat?.conversationOpen &&
    found.limitConversations >= 0 &&
    found.conversations >= found.limitConversations
  ) {
    return featureLimitExceeded('conversations', found.conversations, found.limitConversations);
  }
  return undefined;
}

/** Templates reach a customer at any time. */
const isTemplate = ({ type }: { type: string }): boolean => type === 'template';

function forbidden(message: OutboundMessage, found: Circumstances): ApiError | undefined {
  if (found.contact?.isOptedOut) return contactOptedOut();
  if (found.contact?.marketingStopped && isTemplate(message) && message.content.category === 'MARKETING') {
    return contactOptedOut('The contact has stopped marketing messages of your business');
  }
  if (!found.number) return whatsappNotConfigured('No WhatsApp number is connected to this account.');
  if (found.number.paused) {
    return whatsappNotConfigured(`This WhatsApp number is paused: ${found.number.pausedReason ?? 'no reason given'}`);
  }
  if (found.enforceServiceWindow && !found.windowOpen && !isTemplate(message)) return serviceWindowClosed();
  return undefined;
}
