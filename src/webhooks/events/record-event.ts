import type { SqlRunner } from '../../platform/database/postgres.js';
import type { EventName } from './event-types.js';

/** The fields of a resource as the REST API shows them. */
export type Attributes = Readonly<Record<string, unknown>>;

/** An event that no trigger of the database writes. */
export interface RecordedEvent {
  readonly tenantId: number;
  readonly type: EventName;
  readonly resourceId: number;
  /** As they were before; null: nothing was, or nothing is to be compared. */
  readonly previous: Attributes | null;
  /** As they are now; null: it is gone. */
  readonly current: Attributes | null;
  /** The request that caused it; null: none did. */
  readonly requestId: string | null;
  /** This endpoint alone is told, whatever it asked for. */
  readonly onlyWebhookId?: number;
  /** All but this endpoint are told. */
  readonly exceptWebhookId?: number;
}

/**
 * Writes an event of an `otp` or `webhook` in the transaction of the change: both stay, or neither. Nothing is written
 * when no endpoint of the tenant asked for such events. The other resources have triggers.
 * @returns the sequence of the event, by which it is found once it was dispatched; null: nobody wants it
 */
export async function recordEvent(sql: SqlRunner, event: RecordedEvent): Promise<number | null> {
  const [row] = await sql.query<{ id: number }>(
    'events_record',
    `INSERT INTO event_outbox (tenant_id, type, resource_id, request_id, previous, current, only_webhook_id, except_webhook_id)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8
      WHERE $7::int IS NOT NULL OR webhook_wanted($1, $2)
     RETURNING id`,
    [
      event.tenantId,
      event.type,
      event.resourceId,
      event.requestId,
      event.previous && JSON.stringify(event.previous),
      event.current && JSON.stringify(event.current),
      event.onlyWebhookId ?? null,
      event.exceptWebhookId ?? null,
    ],
  );
  return row?.id ?? null;
}
