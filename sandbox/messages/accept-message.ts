import { magicError } from '../faults/magic-recipients.js';
import { GraphError } from '../graph/graph-error.js';
import { objectFault, type MediaLibrary } from '../media/media-library.js';
import type { MediaRecord, MessageRecord } from '../record/records.js';
import { checkTemplate } from '../templates/check-template.js';
import type { Template } from '../templates/template.js';
import type { UserIdentity } from '../world/contacts.js';
import type { PhoneNumber } from '../world/phone-number.js';
import type { World } from '../world/world.js';
import type { MediaKind, MediaReference, MessageContent, MessageRequest } from './message-types.js';

type SendRequest = Extract<MessageRequest, { kind: 'send' }>;

/** A reaction's target may be this old (WhatsApp, reaction messages). */
const REACTION_TARGET_MS = 30 * 86_400_000;

export interface Accepted {
  readonly message: MessageRecord;
  /** Why the accepted message will fail; null when it will not. */
  readonly error: GraphError | null;
  readonly answer: object;
  readonly holdMs: number;
}

/**
 * Checks a send against the account's state, counts it and gives it a wamid.
 * @throws GraphError for everything the Cloud API refuses at once.
 */
export function acceptMessage(
  world: World,
  library: MediaLibrary,
  number: PhoneNumber,
  request: SendRequest,
  body: string | null,
): Accepted {
  const { recipient, content } = request;
  const { account } = number;
  const now = account.clock.now();
  if (recipient.waId === number.digits) {
    throw new GraphError(131021, 'Recipient phone number cannot be same as sender phone number.');
  }
  const magic = recipient.waId === null ? null : magicError(recipient.waId);
  if (magic?.mode === 'sync') throw new GraphError(magic.code, 'Forced by a magic recipient.');
  const template = content.type === 'template' ? account.templates.find(content.name, content.language) : undefined;
  if (content.type === 'template') checkTemplate(template, content);
  if (recipient.waId === null && template?.category === 'AUTHENTICATION') {
    throw new GraphError(131062, 'Authentication templates cannot be sent to a business-scoped user ID.');
  }
  const media = mediaOf(content, number, library);

  const user =
    recipient.waId === null ? account.contacts.byUserId(recipient.input) : account.contacts.byWaId(recipient.waId);
  const windowOpen = number.windows.isOpen(user.userId, now);
  countAgainstLimits(number, user, now, windowOpen);

  const message: MessageRecord = {
    seq: world.journal.nextSeq(),
    wamid: world.wamids.next(recipient.waId ?? user.userId),
    phone_number_id: number.id,
    waba_id: account.id,
    at: now,
    input: recipient.input,
    wa_id: recipient.waId,
    user_id: user.userId,
    type: content.type,
    voice: content.type === 'audio' && content.media.voice === true,
    category: template?.category.toLowerCase() ?? 'service',
    biz_opaque_callback_data: request.opaque,
    body,
    media: media.record,
    statuses: [],
    error_code: null,
  };
  number.remember(message);
  return {
    message,
    error: stopsMarketing(user, template)
      ? new GraphError(131050, 'The user has stopped marketing messages of this business.')
      : laterError(number, content, now, windowOpen, magic?.code ?? null, media.fault),
    answer: successAnswer(number, request, message, template),
    holdMs:
      template !== undefined && number.behaviour.template_message_status !== 'accepted' ? number.behaviour.hold_ms : 0,
  };
}

const stopsMarketing = ({ stoppedMarketing }: UserIdentity, template: Template | undefined): boolean =>
  stoppedMarketing && template?.category === 'MARKETING';

function countAgainstLimits(number: PhoneNumber, user: UserIdentity, now: number, windowOpen: boolean): void {
  if (!number.throughput.allows(now)) {
    throw new GraphError(130429, 'Cloud API message throughput has been reached.');
  }
  if (!number.pairs.allows(user.userId, now)) {
    throw new GraphError(
      131056,
      'Too many messages sent from this phone number to the same phone number in a short period of time.',
    );
  }
  const { messagingLimit } = number.account;
  // User ids differ between the accounts of a portfolio, phone numbers do not.
  const person = user.waId ?? user.userId;
  if (!windowOpen && !messagingLimit.allows(person, now)) {
    throw new GraphError(131048, 'The messaging limit of the business portfolio has been reached.');
  }
  number.throughput.recordSend(now);
  number.pairs.record(user.userId, now);
  if (!windowOpen) messagingLimit.record(person, now);
}

/** What WhatsApp finds out only after its 200. */
function laterError(
  number: PhoneNumber,
  content: MessageContent,
  now: number,
  windowOpen: boolean,
  magicCode: number | null,
  mediaFault: string | null,
): GraphError | null {
  if (magicCode !== null) return new GraphError(magicCode, 'Forced by a magic recipient.');
  if (mediaFault !== null) return new GraphError(131053, mediaFault);
  if (content.type === 'template') return null;
  if (number.enforceWindow && !windowOpen) {
    return new GraphError(
      131047,
      'Message failed to send because more than 24 hours have passed since the customer last replied to this number.',
    );
  }
  if (content.type !== 'reaction') return null;
  const target = number.findMessage(content.messageId) ?? number.findInbound(content.messageId);
  if (target === undefined || target.type === 'reaction' || now - target.at > REACTION_TARGET_MS) {
    return new GraphError(131009, 'The message to react to is unknown, itself a reaction, or older than 30 days.');
  }
  return null;
}

/** The media a message carries, wherever it is: its own, in a header of an interactive, in one of a template. */
function referenceOf(content: MessageContent): { kind: MediaKind; media: MediaReference } | null {
  if ('media' in content) return { kind: content.type, media: content.media };
  if (content.type === 'interactive') return content.header ?? null;
  if (content.type !== 'template') return null;
  for (const component of content.components) {
    for (const { type, media } of component.parameters) {
      if (media !== undefined && (type === 'image' || type === 'video' || type === 'document'))
        return { kind: type, media };
    }
  }
  return null;
}

/** @throws GraphError 131009 when a media id is unknown, expired, or another number's. */
function mediaOf(
  content: MessageContent,
  number: PhoneNumber,
  library: MediaLibrary,
): { record: MediaRecord | null; fault: string | null } {
  const reference = referenceOf(content);
  if (reference === null) return { record: null, fault: null };
  const { kind, media } = reference;
  const record: MediaRecord = {
    kind,
    source: media.id === undefined ? 'link' : 'id',
    link: media.link ?? null,
    media_id: media.id ?? null,
    mime_type: null,
    file_size: null,
    sha256: null,
    asset_url: null,
  };
  if (media.id === undefined) return { record, fault: null };
  const object = library.find(media.id);
  if (object === undefined || object.number !== number) {
    throw new GraphError(131009, `Media ID ${media.id} does not exist, expired, or belongs to another phone number.`);
  }
  record.mime_type = object.mimeType;
  record.file_size = object.size;
  record.sha256 = object.sha256;
  record.asset_url = `/control/assets/${object.sha256}`;
  return { record, fault: objectFault(object, kind) };
}

function successAnswer(
  number: PhoneNumber,
  request: SendRequest,
  message: MessageRecord,
  template: Template | undefined,
): object {
  const { recipient } = request;
  const contact =
    recipient.waId === null
      ? { input: recipient.input, user_id: message.user_id }
      : {
          input: recipient.input,
          wa_id: recipient.waId,
          ...(recipient.userId === null ? {} : { user_id: message.user_id }),
        };
  const status = template === undefined ? {} : { message_status: number.behaviour.template_message_status };
  return {
    messaging_product: 'whatsapp',
    contacts: [contact],
    messages: [{ id: message.wamid, ...status }],
  };
}
