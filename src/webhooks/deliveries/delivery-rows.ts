import type { SqlRunner } from '../../platform/database/postgres.js';
import { timestamp, timestampOrNull } from '../../platform/http/timestamp.js';
import type { DeliveryDto } from './dto/delivery.dto.js';

/** A delivery with its event. */
export interface DeliveryRow {
  readonly id: number;
  readonly webhook_id: number;
  readonly event_id: string | null;
  readonly type: string | null;
  readonly payload: string | null;
  readonly replay_of: number | null;
  readonly status: string;
  readonly attempts: number;
  readonly next_at: Date | null;
  readonly first_attempt_at: Date | null;
  readonly last_attempt_at: Date | null;
  readonly delivered_at: Date | null;
  readonly request: { readonly url: string; readonly headers: Record<string, string> } | null;
  readonly response_status: number | null;
  readonly response_body: string | null;
  readonly duration_ms: number | null;
  readonly error: string | null;
  readonly attempt_log: readonly {
    at: string;
    status: number | null;
    error: string | null;
    duration_ms: number | null;
  }[];
  readonly created_at: Date;
}

/** Index webhook_deliveries_id; events by their key. */
const BY_IDS = `
SELECT d.id, d.webhook_id, e.event_id, e.type, e.payload, d.replay_of, d.status, d.attempts, d.next_at, d.first_attempt_at,
       d.last_attempt_at, d.delivered_at, d.request, d.response_status, d.response_body, d.duration_ms, d.error,
       d.attempt_log, d.created_at
  FROM webhook_deliveries d
  LEFT JOIN LATERAL (
    SELECT e.event_id, e.type, e.payload FROM events e
     WHERE e.created_at = d.event_created_at AND e.id = d.event_id AND e.tenant_id = d.tenant_id LIMIT 1) e ON true
 WHERE d.tenant_id = $1 AND d.id = ANY ($2::bigint[])`;

/** Those of the ids that are the tenant's, in any order. */
export const deliveriesByIds = (sql: SqlRunner, tenantId: number, ids: readonly number[]): Promise<DeliveryRow[]> =>
  sql.query<DeliveryRow>('webhook_deliveries_by_ids', BY_IDS, [tenantId, ids]);

/** A delivery as it is answered. */
export function presentDelivery(row: DeliveryRow): DeliveryDto {
  return {
    id: row.id,
    webhook_id: row.webhook_id,
    event_id: row.event_id,
    type: row.type,
    replay_of: row.replay_of,
    status: row.status,
    attempts: row.attempts,
    next_attempt_at: timestampOrNull(row.next_at),
    first_attempt_at: timestampOrNull(row.first_attempt_at),
    last_attempt_at: timestampOrNull(row.last_attempt_at),
    delivered_at: timestampOrNull(row.delivered_at),
    error: row.error,
    request: { url: row.request?.url ?? null, headers: row.request?.headers ?? null, body: row.payload },
    response: { status: row.response_status, body: row.response_body, duration_ms: row.duration_ms },
    attempt_log: row.attempt_log.map((attempt) => ({ ...attempt, at: timestamp(new Date(attempt.at)) })),
    created_at: timestamp(row.created_at),
  };
}
