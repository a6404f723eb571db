import { ERROR_TABLE } from '../graph/error-table.js';
import { isFields, type Fields } from '../graph/read-params.js';
import type { InboundRecord, MessageRecord, MessageStatus } from '../record/records.js';
import type { PhoneNumber } from '../world/phone-number.js';
import { templateParts } from './template-bubble.js';

export interface BubbleButton {
  readonly kind: 'reply' | 'url' | 'phone' | 'copy_code' | 'other';
  readonly text: string;
  /** `url`: the address; `copy_code`: the code; `reply`: the payload or id. */
  readonly value: string;
}

/** A list that a button opens. */
export interface BubbleList {
  readonly button: string;
  readonly sections: readonly {
    readonly title: string | null;
    readonly rows: readonly { readonly id: string; readonly title: string; readonly description: string | null }[];
  }[];
}

export interface BubbleMedia {
  readonly kind: string;
  /** Where the bytes are; null while they are fetched, or when they are gone. */
  readonly url: string | null;
  readonly filename: string | null;
  readonly size: number | null;
}

/** What of a message is drawn, whatever its type. */
export interface BubbleParts {
  readonly header: string | null;
  readonly text: string | null;
  readonly footer: string | null;
  readonly media: BubbleMedia | null;
  readonly buttons: readonly BubbleButton[];
  readonly list?: BubbleList;
}

/** One message as the phone draws it. The customer sees it: `out` is from the business. */
export interface Bubble extends BubbleParts {
  readonly wamid: string;
  readonly conversation: string;
  readonly direction: 'in' | 'out';
  readonly at: number;
  readonly type: string;
  readonly status: MessageStatus | 'accepted' | null;
  readonly error: string | null;
  readonly quoted: string | null;
  /** A reaction is drawn on the message it belongs to. */
  readonly reaction_to: string | null;
}

const NOTHING: BubbleParts = { header: null, text: null, footer: null, media: null, buttons: [] };
const RANK: readonly MessageStatus[] = ['failed', 'sent', 'delivered', 'read', 'played'];

export function outgoingBubble(number: PhoneNumber, message: MessageRecord): Bubble {
  const body = parse(message.body);
  return {
    ...outgoingParts(number, message, body),
    wamid: message.wamid,
    conversation: message.user_id,
    direction: 'out',
    at: message.at,
    type: message.type,
    status: highest(message),
    error: message.error_code === null ? null : describeError(message.error_code),
    quoted: text(fields(body, 'context'), 'message_id'),
    reaction_to: message.type === 'reaction' ? text(fields(body, 'reaction'), 'message_id') : null,
  };
}

export function inboundBubble(inbound: InboundRecord): Bubble {
  const body = parse(inbound.body);
  return {
    ...inboundParts(inbound, body),
    wamid: inbound.wamid,
    conversation: inbound.user_id,
    direction: 'in',
    at: inbound.at,
    type: inbound.type,
    status: inbound.read_at !== null ? 'read' : inbound.delivered_at !== null ? 'delivered' : 'sent',
    error: null,
    quoted: text(fields(body, 'context'), 'id'),
    reaction_to: inbound.type === 'reaction' ? text(fields(body, 'reaction'), 'message_id') : null,
  };
}

function outgoingParts(number: PhoneNumber, message: MessageRecord, body: Fields): BubbleParts {
  const content = fields(body, message.type);
  switch (message.type) {
    case 'text':
      return { ...NOTHING, text: text(content, 'body') };
    case 'image':
    case 'video':
    case 'audio':
    case 'document':
    case 'sticker':
      return { ...NOTHING, text: text(content, 'caption'), media: outgoingMedia(message, text(content, 'filename')) };
    case 'location':
      return { ...NOTHING, text: describeLocation(content) };
    case 'contacts':
      return { ...NOTHING, text: describeContacts(body['contacts']) };
    case 'reaction':
      return { ...NOTHING, text: text(content, 'emoji') };
    case 'interactive':
      return { ...interactiveParts(content), media: outgoingMedia(message, null) };
    case 'template':
      return { ...templateParts(number, content), media: outgoingMedia(message, null) };
  }
}

function inboundParts(inbound: InboundRecord, body: Fields): BubbleParts {
  const content = fields(body, String(body['type']));
  switch (body['type']) {
    case 'text':
      return { ...NOTHING, text: text(content, 'body') };
    case 'button':
      return { ...NOTHING, text: text(content, 'text') };
    case 'interactive': {
      const reply = { ...fields(content, 'button_reply'), ...fields(content, 'list_reply') };
      return { ...NOTHING, text: text(reply, 'title') ?? 'Answered' };
    }
    case 'reaction':
      return { ...NOTHING, text: text(content, 'emoji') ?? '' };
    case 'location':
      return { ...NOTHING, text: describeLocation(content) };
    case 'contacts':
      return { ...NOTHING, text: describeContacts(body['contacts']) };
    case 'system':
      return { ...NOTHING, text: text(content, 'body') ?? 'The user changed number or id' };
    case 'order':
      return { ...NOTHING, text: text(content, 'text') ?? 'Sent an order' };
    case 'unsupported':
      return { ...NOTHING, text: 'This message cannot be shown' };
    default:
      return {
        ...NOTHING,
        text: text(content, 'caption'),
        media: { kind: String(body['type']), url: inbound.asset_url, filename: text(content, 'filename'), size: null },
      };
  }
}

function interactiveParts(content: Fields): BubbleParts {
  const action = fields(content, 'action');
  return {
    ...NOTHING,
    header: text(fields(content, 'header'), 'text'),
    text: text(fields(content, 'body'), 'text'),
    footer: text(fields(content, 'footer'), 'text'),
    buttons: [...replyButtons(action), ...linkButtons(action)],
    list: listOf(action),
  };
}

function replyButtons(action: Fields): BubbleButton[] {
  return list(action['buttons']).map((button) => {
    const reply = fields(button, 'reply');
    return { kind: 'reply', text: text(reply, 'title') ?? '', value: text(reply, 'id') ?? '' };
  });
}

function listOf(action: Fields): BubbleList | undefined {
  if (!Array.isArray(action['sections'])) return undefined;
  const sections = list(action['sections']).map((section) => ({
    title: text(section, 'title'),
    rows: list(section['rows']).map((row) => ({
      id: text(row, 'id') ?? '',
      title: text(row, 'title') ?? '',
      description: text(row, 'description'),
    })),
  }));
  return { button: text(action, 'button') ?? '', sections };
}

function linkButtons(action: Fields): BubbleButton[] {
  const parameters = fields(action, 'parameters');
  const url = text(parameters, 'url');
  if (url !== null) return [{ kind: 'url', text: text(parameters, 'display_text') ?? url, value: url }];
  const flow = text(parameters, 'flow_cta');
  if (flow !== null) return [{ kind: 'other', text: flow, value: '' }];
  return action['name'] === 'send_location' ? [{ kind: 'other', text: 'Send location', value: '' }] : [];
}

function outgoingMedia(message: MessageRecord, filename: string | null): BubbleMedia | null {
  const { media } = message;
  if (media === null) return null;
  return { kind: media.kind, url: media.asset_url, filename, size: media.file_size };
}

/** `delivered` wins over a late `failed`, as on a real phone. */
function highest(message: MessageRecord): MessageStatus | 'accepted' {
  let rank = -1;
  for (const { status } of message.statuses) rank = Math.max(rank, RANK.indexOf(status));
  const reached = RANK[rank] ?? 'accepted';
  return reached === 'sent' && message.error_code !== null ? 'failed' : reached;
}

function describeError(code: number): string {
  return `${code}: ${ERROR_TABLE.get(code)?.title ?? 'Unknown error'}`;
}

function describeLocation(location: Fields): string {
  const named = [text(location, 'name'), text(location, 'address')].filter((part) => part !== null);
  return [...named, `${String(location['latitude'])}, ${String(location['longitude'])}`].join('\n');
}

function describeContacts(contacts: unknown): string {
  return list(contacts)
    .map((contact) => text(fields(contact, 'name'), 'formatted_name') ?? 'Contact')
    .join('\n');
}

function parse(json: string | null): Fields {
  if (json === null) return {};
  const body: unknown = JSON.parse(json);
  return isFields(body) ? body : {};
}

function fields(parent: Fields, key: string): Fields {
  const value = parent[key];
  return isFields(value) ? value : {};
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function text(parent: Fields, key: string): string | null {
  const value = parent[key];
  return typeof value === 'string' && value !== '' ? value : null;
}
