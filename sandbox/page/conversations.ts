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

/** A message in either direction, not drawn yet. */
interface Entry {
  readonly at: number;
  readonly seq: number;
  readonly user_id: string;
  readonly wa_id: string | null;
  readonly draw: () => Bubble;
}

/** The conversations of a number, the latest first. */
export function conversations(number: PhoneNumber): ConversationView[] {
  const latest = new Map<string, Entry>();
  for (const entry of entriesOf(number)) {
    const known = latest.get(entry.user_id);
    if (known === undefined || byTime(known, entry) < 0) latest.set(entry.user_id, entry);
  }
  return [...latest.values()]
    .sort((left, right) => byTime(right, left))
    .slice(0, CONVERSATIONS_MAX)
    .map(({ user_id, wa_id, draw }) => ({ user_id, wa_id, name: nameOf(number, user_id), last: draw() }));
}

/** The last messages with one user, the oldest first. */
export function bubblesWith(number: PhoneNumber, userId: string): Bubble[] {
  return [...entriesOf(number)]
    .filter((entry) => entry.user_id === userId)
    .sort(byTime)
    .slice(-BUBBLES_MAX)
    .map((entry) => entry.draw());
}

function* entriesOf(number: PhoneNumber): IterableIterator<Entry> {
  for (const message of number.messages) {
    const { at, seq, user_id, wa_id } = message;
    yield { at, seq, user_id, wa_id, draw: () => outgoingBubble(number, message) };
  }
  for (const inbound of number.inbound) {
    const { at, seq, user_id, wa_id } = inbound;
    yield { at, seq, user_id, wa_id, draw: () => inboundBubble(inbound) };
  }
}

/** What came at the same moment stays in the order it came. */
function byTime(left: Entry, right: Entry): number {
  return left.at - right.at || left.seq - right.seq;
}

export function nameOf(number: PhoneNumber, userId: string): string | null {
  return number.account.contacts.byUserId(userId).name;
}
