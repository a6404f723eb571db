import type { SqlRunner } from '../../platform/database/postgres.js';
import { endedPartitions, isFound, type OldPartitions, sortOut } from './old-partitions.js';

/*
 * Index webhook_deliveries_due, which holds what waits and nothing else. A delivery is given up after three days, so one
 * that waits longer is a replay; it needs its event.
 */
const AWAITED_DELIVERIES = `
SELECT EXISTS (
  SELECT 1 FROM webhook_deliveries WHERE next_at IS NOT NULL AND created_at >= $1 AND created_at < $2) AS found`;

const AWAITED_EVENTS = `
SELECT EXISTS (
  SELECT 1 FROM webhook_deliveries
   WHERE next_at IS NOT NULL AND event_created_at >= $1 AND event_created_at < $2) AS found`;

/** Days of deliveries that ended more than `days` ago. One with a delivery that is still to be made stays whole. */
export async function oldDeliveryPartitions(sql: SqlRunner, days: number): Promise<OldPartitions> {
  const old = await endedPartitions(sql, 'webhook_deliveries', days);
  return sortOut(old, ({ from, to }) => isFound(sql, 'maintenance_awaited_deliveries', AWAITED_DELIVERIES, [from, to]));
}

/** Days of events that ended more than `days` ago. One with an event that is still to be delivered stays whole. */
export async function oldEventPartitions(sql: SqlRunner, days: number): Promise<OldPartitions> {
  const old = await endedPartitions(sql, 'events', days);
  return sortOut(old, ({ from, to }) => isFound(sql, 'maintenance_awaited_events', AWAITED_EVENTS, [from, to]));
}
