import type { SqlRunner } from '../../../platform/database/postgres.js';
import type { RenderedEvent } from '../rendering/render-event.js';
import { isSubscribed } from '../subscriptions.js';

/** Workers that deliver listen here: something is due. Without a payload. */
export const DELIVERIES_CHANNEL = 'webhook_deliveries';

interface Endpoint {
  id: number;
  tenant_id: number;
  events: string[];
}

/* Index webhooks_tenant. */
const ENDPOINTS =
  'SELECT id, tenant_id, events FROM webhooks WHERE tenant_id = ANY ($1::int[]) AND enabled ORDER BY id';

/*
 * Deliveries get their ids in the order of the events, which of one resource is the order of its changes. Both bear the
 * time of this transaction.
 */
const STORE = `
WITH stored AS (
  INSERT INTO events (id, tenant_id, event_id, type, resource_id, occurred_at, payload)
  SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::text[])),
due AS (
  INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_created_at, event_id, resource)
  SELECT d.tenant_id, d.webhook_id, now(), d.event_id, d.resource
    FROM unnest($8::int[], $9::int[], $10::bigint[], $11::text[]) WITH ORDINALITY
         AS d (tenant_id, webhook_id, event_id, resource, ord)
   ORDER BY d.ord),
gone AS (
  DELETE FROM event_outbox WHERE id = ANY ($1::bigint[]))
SELECT CASE WHEN cardinality($8::int[]) > 0 THEN pg_notify('${DELIVERIES_CHANNEL}', '') END`;

/**
 * Stores events and a delivery for each enabled endpoint that asked for them, and takes them out of the outbox. The order
 * given is that of the deliveries.
 */
export async function storeEvents(sql: SqlRunner, events: readonly RenderedEvent[]): Promise<void> {
  if (events.length === 0) return;
  const tenants = [...new Set(events.map(({ row }) => row.tenantId))];
  const endpoints = await sql.query<Endpoint>('events_endpoints', ENDPOINTS, [tenants]);
  const deliveries = events.flatMap((event) =>
    endpoints.filter((endpoint) => isTold(endpoint, event)).map((endpoint) => ({ endpoint, event })),
  );
  await sql.query('events_store', STORE, [
    events.map(({ row }) => row.id),
    events.map(({ row }) => row.tenantId),
    events.map(({ eventId }) => eventId),
    events.map(({ type }) => type),
    events.map(({ row }) => row.resourceId),
    events.map(({ row }) => row.occurredAt),
    events.map(({ payload }) => JSON.stringify(payload)),
    deliveries.map(({ event }) => event.row.tenantId),
    deliveries.map(({ endpoint }) => endpoint.id),
    deliveries.map(({ event }) => event.row.id),
    deliveries.map(({ event }) => event.resource),
  ]);
}

function isTold(endpoint: Endpoint, { row, type }: RenderedEvent): boolean {
  if (endpoint.tenant_id !== row.tenantId || endpoint.id === row.exceptWebhookId) return false;
  return row.onlyWebhookId === null ? isSubscribed(endpoint.events, type) : endpoint.id === row.onlyWebhookId;
}
