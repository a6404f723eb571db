import { compactPhone } from './phone-text.js';
import { GraphError } from '../graph/graph-error.js';
import { invalidParameter, invalidValue, type Fields } from '../graph/read-params.js';
import type { Recipient } from './message-types.js';

/** E.164: at most 15 digits; nothing shorter than 5 is a subscriber anywhere. */
const DIGITS = /^[1-9]\d{4,14}$/;
/** WhatsApp, business-scoped user ids: two letters of the country, a dot, up to 128 letters and digits. */
const BUSINESS_SCOPED_USER_ID = /^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/;

/**
 * Reads `to` and `recipient`. Without a leading `+` the business number's country code is put in front,
 * as WhatsApp documents (messages/send-messages): a number that "looks complete" then reaches a stranger.
 * With both, `to` wins.
 */
export function readRecipient(body: Fields, countryCode: string): Recipient {
  const to = body['to'];
  const recipient = body['recipient'];
  if (recipient !== undefined && recipient !== null && typeof recipient !== 'string') {
    throw invalidParameter('Param recipient must be a string.');
  }
  if (recipient && !BUSINESS_SCOPED_USER_ID.test(recipient)) {
    throw invalidValue('Param recipient is not a business-scoped user ID.');
  }
  if (to === undefined || to === null || to === '') {
    if (!recipient) throw new GraphError(100, 'The parameter to is required.');
    return { input: recipient, waId: null, userId: recipient };
  }
  if (typeof to !== 'string') throw invalidParameter('Param to must be a string.');
  const compact = compactPhone(to);
  const digits = compact.startsWith('+') ? compact.slice(1) : countryCode + compact;
  if (!/^\d+$/.test(compact.startsWith('+') ? digits : compact) || !DIGITS.test(digits)) {
    throw invalidValue('Param to is not a valid phone number.');
  }
  return { input: to, waId: digits, userId: recipient ? recipient : null };
}
