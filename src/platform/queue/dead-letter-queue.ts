/**
 * Name of the queue in which webhook deliveries that were given up lie as failed jobs, for the operator's page: a view of
 * what Postgres knows, made again when Redis was emptied. Retrying a job replays its delivery.
 */
export const DEAD_LETTER_QUEUE = 'webhook-dead-letters';

/** No personal data; the page shows it. */
export interface DeadLetterJob {
  delivery_id: number;
  webhook_id: number;
  tenant_id: number;
  /** Why it was given up. */
  reason: string;
}
