import type { PreferenceItem } from './items.js';
import { id, phoneDigits, record, unixSeconds } from './json.js';
import { USER_ID_LENGTH, type NumberAddress } from './parse-message.js';

/**
 * What a customer told WhatsApp about marketing of this business (`user_preferences`). Null for other categories.
 * Source: WhatsApp, webhooks reference, user_preferences.
 * @returns the reason when it cannot be read
 */
export function parsePreference(value: unknown, at: string, address: NumberAddress): PreferenceItem | string | null {
  const preference = record(value);
  if (!preference) return 'not an object';
  if (preference.category !== 'marketing_messages') return null;
  if (preference.value !== 'stop' && preference.value !== 'resume') return 'neither stop nor resume';
  const phone = phoneDigits(preference.wa_id);
  const userId = id(preference.user_id, USER_ID_LENGTH);
  if (!phone && !userId) return 'neither phone number nor user id of the customer';
  return {
    kind: 'preference',
    at,
    ...address,
    phone,
    userId,
    marketingStopped: preference.value === 'stop',
    occurredAt: unixSeconds(preference.timestamp),
  };
}
