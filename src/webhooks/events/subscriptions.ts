import { EVENT_TYPES, type EventName } from './event-types.js';

/** Asks for every event, also for those that later versions add. */
export const EVERY_EVENT = '*';

const everyOf = (type: string): string => `${type.slice(0, type.indexOf('.'))}.*`;

/** What an endpoint may ask for: `*`, `contact.*` and so on, and the name of each event. */
export const SUBSCRIPTIONS: readonly string[] = [EVERY_EVENT, ...new Set(EVENT_TYPES.map(everyOf)), ...EVENT_TYPES];

const KNOWN: ReadonlySet<string> = new Set(SUBSCRIPTIONS);

/** Whether an endpoint may ask for this. Names are written exactly so, in lower case. */
export const isSubscription = (name: unknown): name is string => typeof name === 'string' && KNOWN.has(name);

/**
 * The subscriptions that an event of this type answers to, such as `*`, `contact.*` and `contact.created`; the function
 * `webhook_wanted` of the database says the same.
 */
export const subscriptionsTo = (type: EventName): readonly [string, string, string] => [
  EVERY_EVENT,
  everyOf(type),
  type,
];

/** Whether an endpoint that asked for these is told of such an event. */
export const isSubscribed = (subscriptions: readonly string[], type: EventName): boolean =>
  subscriptionsTo(type).some((one) => subscriptions.includes(one));
