/**
 * Everything that webhooks tell of, as `<resource>.<what became of it>`. The first nine are the documented ones
 * (reference 10.1).
 */
export const EVENT_TYPES = [
  'contact.created',
  'contact.updated',
  'contact.deleted',
  'source.created',
  'source.updated',
  'source.deleted',
  'status.created',
  'status.updated',
  'status.deleted',
  'contact.opted_out',
  'contact.opted_in',
  'message.received',
  'message.queued',
  'message.sent',
  'message.delivered',
  'message.read',
  'message.played',
  'message.failed',
  'message.unknown',
  'message.cancelled',
  'message.expired',
  'otp.verified',
  'template.updated',
  'webhook.disabled',
  'webhook.enabled',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** What an endpoint is sent on request, to see whether it answers. Nobody subscribes to it. */
export const TEST_EVENT = 'webhook.test';

/** What an event may be of. */
export type EventName = EventType | typeof TEST_EVENT;

/** Before the dot. */
export type ResourceType = 'contact' | 'source' | 'status' | 'message' | 'otp' | 'template' | 'webhook';

const NAMES: ReadonlySet<string> = new Set([...EVENT_TYPES, TEST_EVENT]);

/** Whether this is the name of an event. */
export const isEventName = (name: string): name is EventName => NAMES.has(name);

const RESOURCE_TYPES: readonly ResourceType[] = [
  'contact',
  'source',
  'status',
  'message',
  'otp',
  'template',
  'webhook',
];

/** What an event is of: the part of its name before the dot. */
export function resourceTypeOf(type: EventName): ResourceType {
  const resource = RESOURCE_TYPES.find((one) => type.startsWith(`${one}.`));
  if (!resource) throw new Error(`${type} is an event of nothing`);
  return resource;
}
