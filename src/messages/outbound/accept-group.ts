import type { IdentityHashes } from '../../contacts/erase/identity-hashes.js';
import { isServerError } from '../../platform/database/database-errors.js';
import type { Postgres, SqlRunner } from '../../platform/database/postgres.js';
import { idempotencyInProgress } from '../../platform/http/api-error.js';
import type { IdempotencyKeys, KeyedEffect } from '../../platform/idempotency/idempotency-keys.js';
import { type OpenedConversations, takeContactPlaces, takeConversations } from '../../tenants/plan-places.js';
import { ensureChats, moveChats } from './conversations.js';
import { RefusedMidway } from './group-errors.js';
import { insertMessages, type StorableMessage, type StoredMessage } from './insert-messages.js';
import { filledIn, judge } from './judge.js';
import { type Circumstances, lookUp } from './lookup.js';
import { emailTaken, faultsOfNewContacts, insertWantedContacts, type WantedContact } from './new-contacts.js';
import { storeOneTimeCodes } from './one-time-codes.js';
import { settleStorePayloads } from './store-payloads.js';
import type { Acceptance, AcceptedMessage, OutboundItem, OutboundMessage } from './outbound-message.js';

/** How long a group waits for a row that another transaction holds, milliseconds. */
export const LOCK_TIMEOUT_MS = 200;

interface Candidate {
  index: number;
  item: OutboundItem;
  found: Circumstances;
}

/** What the group needs to know of delivery. */
export interface AcceptOptions {
  /** Messages of such a number are left to the feeder. */
  isBacklogged: (numberId: number) => boolean;
  /** How long a message waits for the earlier ones of its lane at most, seconds. */
  orderHoldS: number;
  keys: IdempotencyKeys;
  hashes: IdentityHashes;
}

/**
 * Accepts a group of messages in ONE transaction: contact, chat, conversation, media and message of each, or of none
 * of them. Rows are locked in the order that all of the program keeps to (contacts, chats, messages), and the counters
 * of tenants, which many groups share, last and for the shortest time.
 * @throws RefusedMidway when a refusal only shows after the first write (a plan's last place taken by another process,
 * an e-mail that became taken) and the group has several messages: nothing is written, and each is to be run alone
 * @throws NotTogether when two of them bring a code to one phone; likewise
 */
export async function acceptGroup(
  postgres: Postgres,
  items: OutboundItem[],
  options: AcceptOptions,
): Promise<Acceptance[]> {
  await options.hashes.ready();
  const accept = (): Promise<Acceptance[]> =>
    postgres.transaction((sql) => acceptTogether(sql, items, options), { lockTimeoutMs: LOCK_TIMEOUT_MS });
  try {
    // A contact that was deleted since it was looked up: the next look finds none.
    return await accept().catch((error: unknown) => {
      if (items.length === 1 && isContactGone(error)) return accept();
      throw error;
    });
  } catch (error) {
    if (error instanceof RefusedMidway && items.length === 1) return [{ refused: error.refusal }];
    throw error;
  }
}

/** PostgreSQL's foreign_key_violation. */
const FOREIGN_KEY_VIOLATION = '23503';
const OF_CONTACTS: ReadonlySet<string | undefined> = new Set(['chats_contact_id_fkey', 'messages_contact_id_fkey']);

const isContactGone = (error: unknown): boolean =>
  isServerError(error) && error.code === FOREIGN_KEY_VIOLATION && OF_CONTACTS.has(error.constraint);

/** The work of {@link acceptGroup}, in the caller's transaction. @throws RefusedMidway, NotTogether: it is to be undone */
export async function acceptTogether(
  sql: SqlRunner,
  items: OutboundItem[],
  options: AcceptOptions,
): Promise<Acceptance[]> {
  const results = new Array<Acceptance>(items.length);
  const claimed = await claimKeys(sql, items, results, options.keys);
  const found = await lookUp(
    sql,
    claimed.map(({ item }) => item.message),
  );
  const judged = judgeAll(claimed, found, results);
  const { candidates, created } = await createContacts(sql, options.hashes, judged, results);
  const opened = await storeMessages(sql, candidates, results, options);
  await storeOneTimeCodes(
    sql,
    candidates.map(({ index, item: { message } }) => ({ message, acceptance: results[index] })),
  );
  await settleStorePayloads(
    sql,
    candidates.map(({ index, item: { message } }) => ({ message, acceptance: results[index] })),
  );
  const effects = items.flatMap((item, index) => effectOf(item, results[index]));
  if (effects.length > 0) await options.keys.nameEffects(sql, effects);
  // Last, because all of the tenant's groups count in these rows.
  const refusal = (await takeContactPlaces(sql, created)) ?? (await takeConversations(sql, opened));
  if (refusal) throw new RefusedMidway(refusal);
  return results;
}

/**
 * Claims the idempotency keys of a group, before anything else: who waits here for another call with the same key finds
 * all that it has written. Answers the items that go on; of the others another call has the key.
 */
async function claimKeys(
  sql: SqlRunner,
  items: OutboundItem[],
  results: Acceptance[],
  keys: IdempotencyKeys,
): Promise<{ index: number; item: OutboundItem }[]> {
  const all = items.map((item, index) => ({ index, item }));
  const claims = items.flatMap(({ message: { idempotency } }) => (idempotency ? [idempotency.claim] : []));
  if (claims.length === 0) return all;
  const ours = await keys.claim(claims, sql);
  return all.filter(({ index, item: { message } }) => {
    if (!message.idempotency || ours.has(message.idempotency.claim)) return true;
    results[index] = { refused: idempotencyInProgress(1) };
    return false;
  });
}

/** Without a waiter the caller is answered at once, with what is known now. */
function effectOf({ message, waiter }: OutboundItem, result: Acceptance | undefined): KeyedEffect[] {
  if (!message.idempotency || !result || !('accepted' in result)) return [];
  const { claim, answerOf } = message.idempotency;
  const { messageId } = result.accepted;
  return [{ claim, messageId, answer: answerOf(result.accepted), isFinal: waiter === null }];
}

function judgeAll(
  items: { index: number; item: OutboundItem }[],
  found: Circumstances[],
  results: Acceptance[],
): Candidate[] {
  return items.flatMap(({ index, item }, position) => {
    const circumstances = found[position];
    if (!circumstances) throw new Error('A message has no circumstances');
    const refusal = judge(item.message, circumstances);
    if (!refusal) return [{ index, item, found: circumstances }];
    results[index] = { refused: refusal };
    return [];
  });
}

const contactKey = (message: OutboundMessage): string => `${message.tenantId} ${message.phone ?? ''}`;

/**
 * Creates the contacts that are not there yet, and looks the group up again when it did. Answers how many each tenant
 * has got: to be counted.
 */
async function createContacts(
  sql: SqlRunner,
  hashes: IdentityHashes,
  candidates: Candidate[],
  results: Acceptance[],
): Promise<{ candidates: Candidate[]; created: Map<number, number> }> {
  const without = candidates.filter(({ found }) => !found.contact);
  if (without.length === 0) return { candidates, created: new Map() };

  const faults = await faultsOfNewContacts(
    sql,
    without.map(({ item: { message } }) => message),
  );
  const sound = candidates.filter(({ index, item: { message } }) => {
    const fault = faults.get(message);
    if (fault) results[index] = { refused: fault };
    return !fault;
  });
  // The first message that names a phone brings its contact's fields.
  const wanted = new Map<string, WantedContact>();
  for (const { item, found } of sound) {
    const key = contactKey(item.message);
    if (!found.contact && !wanted.has(key)) wanted.set(key, { message: item.message, ...found });
  }
  const creating = [...wanted.values()];
  if (creating.length === 0) return { candidates: sound, created: new Map() };

  const created = countByTenant(await insertWantedContacts(sql, hashes, creating));
  const again = await lookUp(
    sql,
    sound.map(({ item }) => item.message),
  );
  const known = sound.map((candidate, position) => {
    const found = again[position];
    // Its phone was free, and somebody else took its e-mail at this moment.
    if (found && !found.contact && candidate.item.message.newContact?.email) throw new RefusedMidway(emailTaken());
    if (!found?.contact) throw new Error('A contact that was just made is not there');
    // A contact that somebody else made meanwhile may have opted out.
    const refused = judge(candidate.item.message, found);
    if (refused) throw new RefusedMidway(refused);
    return { ...candidate, found };
  });
  return { candidates: known, created };
}

/** Stores the messages with their chats; answers the conversations that were opened: to be counted. */
async function storeMessages(
  sql: SqlRunner,
  candidates: Candidate[],
  results: Acceptance[],
  { isBacklogged, orderHoldS }: AcceptOptions,
): Promise<OpenedConversations[]> {
  if (candidates.length === 0) return [];
  const wanted = new Map<string, { tenantId: number; numberId: number; contactId: number }>();
  for (const { found, item } of candidates) {
    const { numberId, contactId } = keysOf(found);
    if (!found.chat) wanted.set(`${numberId} ${contactId}`, { tenantId: item.message.tenantId, numberId, contactId });
  }
  const made = new Map(
    wanted.size === 0
      ? []
      : (await ensureChats(sql, [...wanted.values()])).map((chat) => [`${chat.number_id} ${chat.contact_id}`, chat]),
  );

  const storable = candidates.map(({ index, item, found }): StorableMessage & { index: number } => {
    const { numberId, contactId, ratePerSecond, numberResumedAt, contact } = keysOf(found);
    const chat = made.get(`${numberId} ${contactId}`);
    const chatId = found.chat?.id ?? chat?.id;
    if (chatId === undefined) throw new Error('A chat that was just made is not there');
    return {
      index,
      item,
      ...filledIn(item.message, contact),
      chatId,
      contactId,
      numberId,
      ratePerSecond,
      numberResumedAt,
      leftToFeeder: item.message.sendAt !== undefined || (item.message.priority > 0 && isBacklogged(numberId)),
      phone: contact.phone,
      whatsappUserId: contact.whatsappUserId,
      replyToWamid: found.referred?.wamid ?? null,
      expiresInS: item.message.expiresInS ?? found.messageExpiresInS,
      serviceWindowExpiresAt: found.chat?.serviceWindowExpiresAt ?? chat?.service_window_expires_at ?? null,
    };
  });

  const opened = await moveChats(
    sql,
    storable.map(({ chatId }) => chatId),
  );

  const stored = await insertMessages(sql, storable, orderHoldS);
  for (const [position, message] of storable.entries()) {
    const row = stored[position];
    if (!row) throw new Error('A message was not stored');
    results[message.index] = { accepted: acceptedFrom(message, row) };
  }
  return opened;
}

function acceptedFrom(message: StorableMessage, { id, heldByLane, mediaStorageKey }: StoredMessage): AcceptedMessage {
  const { chatId, contactId, phone, whatsappUserId, text, serviceWindowExpiresAt } = message;
  const { numberId, ratePerSecond, numberResumedAt, leftToFeeder } = message;
  return {
    messageId: id,
    chatId,
    contactId,
    phone,
    recipient: phone ?? whatsappUserId ?? '',
    priority: message.item.message.priority,
    text,
    numberId,
    ratePerSecond,
    numberResumedAt,
    leftToFeeder,
    heldByLane,
    mediaStorageKey,
    serviceWindowExpiresAt,
    codeExpiresAt: null,
  };
}

function keysOf(found: Circumstances) {
  if (!found.number || !found.contact) throw new Error('A message without number or contact was judged sendable');
  return {
    numberId: found.number.id,
    ratePerSecond: found.number.ratePerSecond,
    numberResumedAt: found.number.resumedAt,
    contactId: found.contact.id,
    contact: found.contact,
  };
}

function countByTenant(contacts: { tenantId: number }[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { tenantId } of contacts) counts.set(tenantId, (counts.get(tenantId) ?? 0) + 1);
  return counts;
}
