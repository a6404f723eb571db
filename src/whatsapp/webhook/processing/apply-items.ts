import type { SqlRunner } from '../../../platform/database/postgres.js';
import type { IdentityHashes } from '../../../contacts/erase/identity-hashes.js';
import { changeMarketing } from '../../../contacts/opt-out/opt-states.js';
import { endUnwanted } from '../../../delivery/status/end-unwanted.js';
import { closeWindows, type ContactReference, stopMarketing } from '../../../delivery/status/recipient-refusals.js';
import type { AccountItem, MessageItem, PreferenceItem, StatusItem } from '../body/items.js';
import { countUninvitedContacts } from '../../../tenants/plan-places.js';
import { applyAccountChange } from './account-changes.js';
import { addLatest } from './heard-accounts.js';
import { storeInboundMessages, type InboundMessage } from './inbound-messages.js';
import { ItemCounts, type InboxItem } from './inbox-item.js';
import { Routes, type RoutedAccount, type RoutedNumber } from './routes.js';
import { applyStatuses, type NumberStatus, refusalsIn, type StatusEffects } from './statuses.js';

/** What a batch of items did, to be counted and told once it is committed. */
export interface Effects extends StatusEffects {
  readonly counts: ItemCounts;
  /** The number of each customer's message that was stored now: it uses up the number's rate, too. */
  readonly inbound: RoutedNumber[];
  /** Accounts that something was heard of, with the arrival of the newest; foreign items are no word of them. */
  readonly heard: Map<number, Date>;
}

const isMessage = (entry: InboxItem): entry is InboxItem<MessageItem> => entry.item.kind === 'message';
const isStatus = (entry: InboxItem): entry is InboxItem<StatusItem> => entry.item.kind === 'status';
const isPreference = (entry: InboxItem): entry is InboxItem<PreferenceItem> => entry.item.kind === 'preference';
const isAccountItem = (entry: InboxItem): entry is InboxItem<AccountItem> =>
  !isMessage(entry) && !isStatus(entry) && !isPreference(entry);

/**
 * Applies items in the given transaction, set-based: a handful of statements however many items there are. Items of
 * accounts and numbers that the signing app may not speak for are counted and left.
 */
export async function applyItems(
  sql: SqlRunner,
  hashes: IdentityHashes,
  entries: readonly InboxItem[],
): Promise<Effects> {
  const counts = new ItemCounts();
  if (entries.length === 0) return { counts, advanced: [], paused: [], inbound: [], woken: [], heard: new Map() };
  const routes = await Routes.load(sql, entries);

  const inbound: InboundMessage[] = [];
  const statuses: NumberStatus[] = [];
  const preferences: { entry: InboxItem<PreferenceItem>; tenantId: number }[] = [];
  const changes: { entry: InboxItem<AccountItem>; account: RoutedAccount }[] = [];
  const heard = new Map<number, Date>();
  for (const entry of entries) {
    const from = routes.account(entry);
    if (from) addLatest(heard, from.accountId, entry.receivedAt);
    if (isMessage(entry)) {
      const number = routes.number(entry);
      if (number) inbound.push({ entry, number });
      else counts.add('message', 'foreign');
    } else if (isStatus(entry)) {
      const number = routes.number(entry);
      if (number) statuses.push({ entry, number });
      else counts.add('status', 'foreign');
    } else if (isPreference(entry)) {
      const number = routes.number(entry);
      if (number) preferences.push({ entry, tenantId: number.tenantId });
      else counts.add('preference', 'foreign');
    } else if (isAccountItem(entry)) {
      const account = routes.account(entry);
      if (account) changes.push({ entry, account });
      else counts.add(entry.item.kind, 'foreign');
    }
  }

  // In the order in which rows are locked everywhere: contacts, chats, messages, tenants.
  const refusals = refusalsIn(statuses);
  const unwilling: ContactReference[] = [...(await stopMarketing(sql, refusals))];
  for (const { entry, tenantId } of preferences) {
    const contactId = await applyPreference(sql, entry, tenantId);
    counts.add('preference', contactId === null ? 'ignored' : 'applied');
    if (contactId !== null) unwilling.push({ tenantId, contactId });
  }
  const stored = await storeInboundMessages(sql, hashes, inbound);
  counts.add('message', 'applied', stored.numbers.length);
  counts.add('message', 'repeated', inbound.length - stored.numbers.length);
  await closeWindows(sql, refusals);

  const effects = await applyStatuses(sql, statuses, counts);
  const unwanted = await endUnwanted(sql, [...unwilling, ...stored.optedOut]);
  effects.advanced.push(...unwanted.changed);
  effects.woken.push(...unwanted.woken);
  for (const { entry, account } of changes) {
    const { applied, paused } = await applyAccountChange(sql, entry.item, account);
    counts.add(entry.item.kind, applied ? 'applied' : 'ignored');
    effects.paused.push(...paused);
  }
  await countUninvitedContacts(sql, stored.created);
  return { ...effects, counts, inbound: stored.numbers, heard };
}

function applyPreference(
  sql: SqlRunner,
  { item, receivedAt }: InboxItem<PreferenceItem>,
  tenantId: number,
): Promise<number | null> {
  const { phone, userId, marketingStopped: stopped, occurredAt } = item;
  const at = occurredAt !== null && occurredAt < receivedAt ? occurredAt : receivedAt;
  return changeMarketing(sql, { tenantId, phone, userId, stopped, at });
}
