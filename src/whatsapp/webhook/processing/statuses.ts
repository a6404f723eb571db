import type { WokenMessage } from '../../../delivery/lanes/wake-lanes.js';
import { advanceStatuses, type AdvancedMessage, type StatusChange } from '../../../delivery/status/advance-status.js';
import { refusalOf, type RecipientRefusal } from '../../../delivery/status/recipient-refusals.js';
import { parkStatuses } from '../../../delivery/status/parked-statuses.js';
import type { SqlRunner } from '../../../platform/database/postgres.js';
import { concernsWholeAccount, pauseNumbers, type NumberFault } from '../../connection/phone-number-state.js';
import { classify } from '../../errors/classify.js';
import type { StatusItem } from '../body/items.js';
import type { InboxItem, ItemCounts } from './inbox-item.js';
import type { RoutedNumber } from './routes.js';

/** A status with the number that it is about. */
export interface NumberStatus {
  readonly entry: InboxItem<StatusItem>;
  readonly number: RoutedNumber;
}

/** What statuses did, to be told after the commit. */
export interface StatusEffects {
  /** Messages that changed; someone may wait for them. */
  readonly advanced: AdvancedMessage[];
  /** phone_number_id of the numbers that were paused now. */
  readonly paused: string[];
  /** Messages whose turn in their lane came: released, and to be handed to the workers. */
  readonly woken: WokenMessage[];
}

/** Statuses that one statement applies at most. */
const STATEMENT_STATUSES = 1000;

/** What the statuses tell of those for whom WhatsApp refused a message. */
export function refusalsIn(statuses: readonly NumberStatus[]): RecipientRefusal[] {
  return statuses.map(changeOf).flatMap(refusalOf);
}

/**
 * Applies statuses: each to its message by wamid or our opaque data, else parked until the wamid is known. A failure
 * that is the number's or the account's fault pauses it, as it would as the answer to the send.
 */
export async function applyStatuses(
  sql: SqlRunner,
  statuses: readonly NumberStatus[],
  counts: ItemCounts,
): Promise<StatusEffects> {
  if (statuses.length === 0) return { advanced: [], paused: [], woken: [] };
  const changes = statuses.map(changeOf);
  const changed: AdvancedMessage[] = [];
  const unmatched: StatusChange[] = [];
  const woken: WokenMessage[] = [];
  for (let from = 0; from < changes.length; from += STATEMENT_STATUSES) {
    const result = await advanceStatuses(sql, changes.slice(from, from + STATEMENT_STATUSES));
    changed.push(...result.changed);
    unmatched.push(...result.unmatched);
    woken.push(...result.woken);
  }
  await parkStatuses(sql, unmatched);
  counts.add('status', 'parked', unmatched.length);
  counts.add('status', 'applied', changes.length - unmatched.length);
  const paused = await pauseNumbers(sql, faultsOfNumbers(statuses, changed));
  return {
    advanced: changed,
    paused: paused.map((number) => number.phone_number_id),
    woken,
  };
}

function changeOf({ entry: { item, receivedAt }, number }: NumberStatus): StatusChange {
  return {
    numberId: number.numberId,
    wamid: item.wamid,
    ...(item.attempt ? { messageId: item.attempt.messageId, attemptNo: item.attempt.attemptNo } : {}),
    status: item.status,
    // WhatsApp's own time, but never later than the arrival, whatever a clock says.
    occurredAt: item.occurredAt !== null && item.occurredAt < receivedAt ? item.occurredAt : receivedAt,
    ...(item.error
      ? { error: { code: String(item.error.code), title: item.error.title, details: item.error.details } }
      : {}),
  };
}

/**
 * Only a message that failed just now speaks against its number: a repeat of an old failure must not pause a number
 * that the operator has resumed.
 */
function faultsOfNumbers(statuses: readonly NumberStatus[], changed: readonly AdvancedMessage[]): NumberFault[] {
  const failed = changed.filter((message) => message.status === 'failed' && message.previousStatus !== 'failed');
  if (failed.length === 0) return [];
  const byWamid = new Set(failed.map((message) => `${message.tenantId} ${message.wamid}`));
  const byId = new Set(failed.map((message) => message.id));
  return statuses.flatMap(({ entry: { item }, number }): NumberFault[] => {
    const isOne =
      byWamid.has(`${number.tenantId} ${item.wamid}`) || (item.attempt !== null && byId.has(item.attempt.messageId));
    if (!item.error || !isOne) return [];
    const classification = classify(item.error.code, null);
    if (classification.class !== 'pause_number') return [];
    return [
      {
        tenantId: number.tenantId,
        numberId: number.numberId,
        wholeAccount: concernsWholeAccount(classification),
        code: item.error.code,
        reason: item.error.details ? `${item.error.title}: ${item.error.details}` : item.error.title,
      },
    ];
  });
}
