import type { MessageItem, Sender } from './items.js';
import { id, jsonbText, phoneDigits, record, unixSeconds } from './json.js';
import { senderOf, USER_ID_LENGTH, WAMID_LENGTH, type NumberAddress } from './parse-message.js';

/**
 * A customer's call (`calls`, event `connect`), which is kept as a message of type `call`: it opens the service window
 * by its own time, whether somebody answered or not. Null for the other events of a call and for calls of the business.
 * Source: WhatsApp, "Calling API", user-initiated calls.
 * @returns the reason when it cannot be stored
 */
export function parseCall(
  value: unknown,
  at: string,
  address: NumberAddress,
  senders: readonly Sender[],
): MessageItem | string | null {
  const call = record(value);
  if (!call) return 'not an object';
  if (call.event !== 'connect' || call.direction === 'BUSINESS_INITIATED') return null;
  const wamid = id(call.id, WAMID_LENGTH);
  if (!wamid) return 'no call id';
  const sender = senderOf(phoneDigits(call.from), id(call.from_user_id, USER_ID_LENGTH), senders);
  if (!sender) return 'neither phone number nor user id of the caller';
  return {
    kind: 'message',
    at,
    ...address,
    wamid,
    sender,
    sentAt: unixSeconds(call.timestamp),
    type: 'call',
    body: null,
    // The session (SDP) is of use to nobody once the call is over, and holds network addresses.
    content: jsonbText({ call: { event: 'connect', direction: 'USER_INITIATED' } }),
    replyToWamid: null,
    becomes: null,
    error: null,
    word: null,
    media: null,
  };
}
