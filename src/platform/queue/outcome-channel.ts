import { Injectable } from '@nestjs/common';
import { Log } from '../logging/log.js';
import { RedisConnections } from '../redis/redis-connections.js';

/** What became of a message, in the words of the API. One message on an outcome channel. */
export interface Outcome {
  /** The waiter's own key. */
  key: string;
  message_id: number;
  /** `sent`, `failed`, or further when a status webhook was faster than the answer. */
  status: string;
  wamid: string | null;
  /** ISO 8601. */
  sent_at: string | null;
  /** `code`: WhatsApp's integer, or ours as text. */
  error: { code: number | string; title: string | null; details: string | null; retryable: boolean } | null;
}

/** Reads what came over an outcome channel; null when it is nothing of ours. */
export function parseOutcome(text: string): Outcome | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isOutcome(value) ? value : null;
}

function isOutcome(value: unknown): value is Outcome {
  return (
    typeof value === 'object' &&
    value !== null &&
    'key' in value &&
    typeof value.key === 'string' &&
    'message_id' in value &&
    typeof value.message_id === 'number' &&
    'status' in value &&
    typeof value.status === 'string' &&
    'wamid' in value &&
    'sent_at' in value &&
    'error' in value
  );
}

/**
 * Tells the API process that accepted a message what became of it. Nothing depends on it: an API process that hears
 * nothing reads the row once when its time is up.
 */
@Injectable()
export class OutcomeChannel {
  constructor(
    private readonly redis: RedisConnections,
    private readonly log: Log,
  ) {}

  /**
   * Call it after the commit. Never throws, waits for nothing.
   * @param waiter `messages.waiter`: '<channel> <key>'
   */
  publish(waiter: string, outcome: Omit<Outcome, 'key'>): void {
    const [channel = '', key = ''] = waiter.split(' ');
    const notice: Outcome = { key, ...outcome };
    this.redis.publish(channel, JSON.stringify(notice)).catch((error: Error) => {
      this.log.debug({ err: error, message_id: outcome.message_id }, 'an outcome could not be published');
    });
  }
}
