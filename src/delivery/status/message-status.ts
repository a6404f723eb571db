/** States of an outbound message, as the API shows them. */
export type MessageStatus =
  'queued' | 'sending' | 'unknown' | 'cancelled' | 'expired' | 'sent' | 'failed' | 'delivered' | 'read' | 'played';

/** What WhatsApp reports about a message. */
export type ReportedStatus = 'sent' | 'failed' | 'delivered' | 'read' | 'played';

/**
 * How far along a message is. What WhatsApp reports moves a message up and never down, so the final state does not
 * depend on the order in which reports arrive. `failed` ranks between `sent` and `delivered`: it ends a message that
 * was sent, and it gives way when WhatsApp says later that the message arrived after all (a recipient with several
 * devices yields both). What we ended ourselves (`cancelled`, `expired`) gives way to what WhatsApp knows better.
 */
export const STATUS_RANK: Readonly<Record<MessageStatus, number>> = {
  queued: 0,
  sending: 1,
  unknown: 2,
  cancelled: 3,
  expired: 3,
  sent: 4,
  failed: 5,
  delivered: 6,
  read: 7,
  played: 8,
};

/** Whether WhatsApp's report moves a message that is in `current`. */
export function advances(current: MessageStatus, reported: ReportedStatus): boolean {
  return STATUS_RANK[reported] > STATUS_RANK[current];
}

/**
 * The changes that the platform makes by itself, without a report. `queued` and `sending` stand for messages that are
 * not under way when they lead to `cancelled` or `expired`.
 */
const OWN_CHANGES: Readonly<Record<MessageStatus, readonly MessageStatus[]>> = {
  queued: ['sending', 'failed', 'cancelled', 'expired'],
  sending: ['sending', 'sent', 'failed', 'unknown', 'cancelled', 'expired'],
  unknown: ['sending', 'sent', 'failed'],
  cancelled: [],
  expired: [],
  sent: [],
  failed: [],
  delivered: [],
  read: [],
  played: [],
};

/** The whole table of states: every change that can happen to a message, by a report or by ourselves. */
export function mayBecome(from: MessageStatus, to: MessageStatus): boolean {
  return OWN_CHANGES[from].includes(to) || (isReported(to) && advances(from, to));
}

/** A media address lives 30 days from the first of these. */
export const FINAL_STATUSES: readonly MessageStatus[] = [
  'cancelled',
  'expired',
  'failed',
  'delivered',
  'read',
  'played',
];

/** Whether a word is one of the statuses that WhatsApp reports. */
export function isReported(status: string): status is ReportedStatus {
  return ['sent', 'failed', 'delivered', 'read', 'played'].includes(status);
}

/** SQL for the rank of a column, made from the table above so that there is one table only. */
export function rankSql(column: string): string {
  const cases = Object.entries(STATUS_RANK).map(([status, rank]) => `WHEN '${status}' THEN ${rank}`);
  return `(CASE ${column} ${cases.join(' ')} END)`;
}
