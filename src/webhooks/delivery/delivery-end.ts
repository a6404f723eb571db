import type { AttemptResult, SentRequest } from './delivery-attempt.js';
import type { DueDelivery, LeasedEndpoint } from './delivery-store.js';
import { GIVE_UP_AFTER_MS, nextAttemptAt } from './retry-schedule.js';

/** What is stored of a delivery after an attempt; a row for the database, by JSON. */
export interface DeliveryRow {
  readonly id: number;
  readonly created_at: Date;
  /** This attempt included, when there was one. */
  readonly attempts: number;
  readonly status: 'pending' | 'delivered' | 'dead';
  readonly next_at: Date | null;
  readonly at: Date;
  readonly request: SentRequest | null;
  readonly response_status: number | null;
  readonly response_body: string | null;
  readonly duration_ms: number | null;
  readonly error: string | null;
}

/** The end of an attempt, and what it says of its endpoint. */
export interface DeliveryEnd {
  readonly tenantId: number;
  readonly webhookId: number;
  /** Null: it was not attempted. */
  readonly outcome: AttemptResult['outcome'] | null;
  readonly at: Date;
  /** As far as was known, the endpoint's last delivery before this one had failed. */
  readonly wasFailing: boolean;
  /** The receiver wants no more (410). */
  readonly gone: boolean;
  readonly row: DeliveryRow;
}

/** What an attempt makes of its delivery: delivered, to be tried again, or dead. */
export function endOf(delivery: DueDelivery, result: AttemptResult, wasFailing: boolean): DeliveryEnd {
  const failed = result.outcome === 'failed';
  const attempts = delivery.attempts + 1;
  const { retryAfterMs } = result;
  const ended = new Date(result.at.getTime() + result.durationMs);
  const firstAttemptAt = delivery.first_attempt_at ?? result.at;
  const nextAt = failed ? nextAttemptAt({ attempts, firstAttemptAt, at: ended, retryAfterMs }) : null;
  return {
    tenantId: delivery.tenant_id,
    webhookId: delivery.webhook_id,
    outcome: result.outcome,
    at: ended,
    wasFailing,
    gone: result.gone,
    row: {
      id: delivery.id,
      created_at: delivery.created_at,
      attempts,
      status: failed ? (nextAt === null ? 'dead' : 'pending') : 'delivered',
      next_at: nextAt,
      at: result.at,
      request: result.request,
      response_status: result.status,
      response_body: result.body,
      duration_ms: result.durationMs,
      error: result.error,
    },
  };
}

/**
 * It had been tried, or waited, for three days when its endpoint was enabled again. While an endpoint is enabled, the
 * schedule of retries says when a delivery is given up.
 */
export function isGivenUp(
  { created_at: createdAt, first_attempt_at: firstAttemptAt }: DueDelivery,
  { resumed_at: resumedAt }: LeasedEndpoint,
): boolean {
  const since = firstAttemptAt ?? createdAt;
  return resumedAt !== null && since.getTime() <= resumedAt.getTime() - GIVE_UP_AFTER_MS;
}

/** The end of a delivery that is not attempted; it says nothing of its endpoint. */
export function deadWithoutAttempt(delivery: DueDelivery, at: Date, error: string): DeliveryEnd {
  return {
    tenantId: delivery.tenant_id,
    webhookId: delivery.webhook_id,
    outcome: null,
    at,
    wasFailing: false,
    gone: false,
    row: {
      id: delivery.id,
      created_at: delivery.created_at,
      attempts: delivery.attempts,
      status: 'dead',
      next_at: null,
      at,
      request: null,
      response_status: null,
      response_body: null,
      duration_ms: null,
      error,
    },
  };
}
