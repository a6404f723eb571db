import type { Outcome, OutcomeChannel } from '../../platform/queue/outcome-channel.js';
import type { AdvancedMessage } from './advance-status.js';

/** An error code as the API shows it: WhatsApp's are integers, ours are text. */
function shownCode(stored: string): number | string {
  return /^\d+$/.test(stored) ? Number(stored) : stored;
}

/** What a waiting caller is told about a stored message. */
export function outcomeOf(
  message: Pick<AdvancedMessage, 'id' | 'status' | 'wamid' | 'sentAt' | 'error'>,
): Omit<Outcome, 'key'> {
  return {
    message_id: message.id,
    status: message.status,
    wamid: message.wamid,
    sent_at: message.sentAt?.toISOString() ?? null,
    // What WhatsApp might take later is tried again by ourselves, so a failure that is told is never retryable.
    error: message.error && { ...message.error, code: shownCode(message.error.code), retryable: false },
  };
}

/** Tells the API processes that wait for these messages. Call it after the commit. */
export function publishAdvanced(channel: OutcomeChannel, messages: readonly AdvancedMessage[]): void {
  for (const message of messages) if (message.waiter !== null) channel.publish(message.waiter, outcomeOf(message));
}
