import type { SqlRunner } from '../../platform/database/postgres.js';

/* What found no partition of its day. Index: the DEFAULT partition's primary key. */
const EVENTS = `
DELETE FROM events_default WHERE (created_at, id) IN (
  SELECT created_at, id FROM events_default e
   WHERE created_at < now() - make_interval(days => $1)
     AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.next_at IS NOT NULL
                        AND d.event_created_at = e.created_at AND d.event_id = e.id)
   ORDER BY created_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING id`;

const DELIVERIES = `
DELETE FROM webhook_deliveries_default WHERE (created_at, id) IN (
  SELECT created_at, id FROM webhook_deliveries_default
   WHERE created_at < now() - make_interval(days => $1) AND next_at IS NULL
   ORDER BY created_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING id`;

/* Index event_outbox_aside. */
const UNTOLD = `
DELETE FROM event_outbox WHERE id IN (
  SELECT id FROM event_outbox
   WHERE retry_at IS NOT NULL AND occurred_at < now() - make_interval(days => $1) LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING id`;

/** Deletes at most `limit` events older than `days` from the DEFAULT partition, unless they are still to be delivered. */
export async function deleteStrayEvents(sql: SqlRunner, days: number, limit: number): Promise<number> {
  return (await sql.query('maintenance_stray_events', EVENTS, [days, limit])).length;
}

/** Deletes at most `limit` ended deliveries older than `days` from the DEFAULT partition. */
export async function deleteStrayDeliveries(sql: SqlRunner, days: number, limit: number): Promise<number> {
  return (await sql.query('maintenance_stray_deliveries', DELIVERIES, [days, limit])).length;
}

/** Deletes at most `limit` changes older than `days` that could not be made events. */
export async function deleteUntoldChanges(sql: SqlRunner, days: number, limit: number): Promise<number> {
  return (await sql.query('maintenance_untold_changes', UNTOLD, [days, limit])).length;
}
