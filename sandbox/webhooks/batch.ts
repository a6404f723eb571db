import type { Update } from './update.js';

/** WhatsApp, "Webhooks": at most 1,000 updates and 3 MB in one body. */
export const UPDATES_PER_BODY = 1000;
export const BYTES_PER_BODY = 3 * 1024 * 1024;
/** What an entry adds around its changes. */
const ENTRY_BYTES = 96;

/** How many of the first updates fit into one body; at least one. */
export function countForOneBody(updates: readonly Update[]): number {
  let bytes = ENTRY_BYTES;
  let count = 0;
  for (const update of updates) {
    if (count === UPDATES_PER_BODY) break;
    bytes += update.json.length + ENTRY_BYTES;
    if (bytes > BYTES_PER_BODY && count > 0) break;
    count += 1;
  }
  return count;
}

/** The body for these updates: one entry per account, account-level changes in entries of their own. */
export function batchBody(updates: readonly Update[]): Buffer {
  const entries: { head: string; changes: string[] }[] = [];
  const open = new Map<string, { head: string; changes: string[] }>();
  for (const update of updates) {
    const existing = update.entryTime === null ? open.get(update.account.id) : undefined;
    if (existing !== undefined) {
      existing.changes.push(update.json);
      continue;
    }
    const time = update.entryTime === null ? '' : `"time":${update.entryTime},`;
    const entry = { head: `{"id":"${update.account.id}",${time}"changes":[`, changes: [update.json] };
    entries.push(entry);
    if (update.entryTime === null) open.set(update.account.id, entry);
  }
  const joined = entries.map((entry) => `${entry.head}${entry.changes.join(',')}]}`).join(',');
  return Buffer.from(`{"object":"whatsapp_business_account","entry":[${joined}]}`, 'latin1');
}
