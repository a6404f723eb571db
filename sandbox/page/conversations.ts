import type { PhoneNumber } from '../world/phone-number.js';
import { inboundBubble, outgoingBubble, type Bubble } from './bubble.js';

const CONVERSATIONS_MAX = 100;
const BUBBLES_MAX = 200;

export interface ConversationView {
  readonly user_id: string;
  readonly wa_id: string | null;
  readonly name: string | null;
  readonly last: Bubble;
}

/** The conversations of a number, the latest first. */
export function conversations(number: PhoneNumber): ConversationView[] {
  const latest = new Map<string, { at: number; wa_id: string | null; bubble: () => Bubble }>();
  const see = (userId: string, at: number, wa_id: string | null, bubble: () => Bubble): void => {
    const known = latest.get(userId);
    if (known === undefined || known.at <= at) latest.set(userId, { at, wa_id, bubble });
  };
  for (const message of number.messages) {
    see(message.user_id, message.at, message.wa_id, () => outgoingBubble(number, message));
  }
  for (const inbound of number.inbound) {
    see(inbound.user_id, inbound.at, inbound.wa_id, () => inboundBubble(inbound));
  }
  return [...latest]
    .sort(([, left], [, right]) => right.at - left.at)
    .slice(0, CONVERSATIONS_MAX)
    .map(([user_id, { wa_id, bubble }]) => ({ user_id, wa_id, name: nameOf(number, user_id), last: bubble() }));
}

/** The last messages with one user, the oldest first. */
export function bubblesWith(number: PhoneNumber, userId: string): Bubble[] {
  const out = [...number.messages].filter((message) => message.user_id === userId);
  const inbound = [...number.inbound].filter((one) => one.user_id === userId);
  return [
    ...out.slice(-BUBBLES_MAX).map((message) => outgoingBubble(number, message)),
    ...inbound.slice(-BUBBLES_MAX).map(inboundBubble),
  ]
    .sort((left, right) => left.at - right.at)
    .slice(-BUBBLES_MAX);
}

export function nameOf(number: PhoneNumber, userId: string): string | null {
  return number.account.contacts.byUserId(userId).name;
}
