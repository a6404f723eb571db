import { expect } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import type { TestTenant } from '../support/tenant.js';

/** An endpoint as it was created. */
export interface Endpoint {
  id: number;
  secret: string;
}

/** A row of `webhook_deliveries`, as far as tests look at it. */
export interface StoredDelivery {
  id: number;
  status: string;
  attempts: number;
  /** From the end of the last attempt until the next one is due, seconds; null: there is none. */
  pause_s: number | null;
  response_status: number | null;
  error: string | null;
}

/** Makes an endpoint by the API. It is subscribed to nothing that happens in the tests. */
export async function endpointOf(tenant: TestTenant, url: string, more: object = {}): Promise<Endpoint> {
  const { status, body } = await tenant.api.json('POST', 'webhooks', { url, events: ['webhook.*'], ...more });
  if (status !== 201) throw new Error(`no endpoint: ${JSON.stringify(body)}`);
  return body.data as unknown as Endpoint;
}

/** What a call that succeeds answers. */
export async function dataOf(
  tenant: TestTenant,
  method: string,
  path: string,
  body: unknown = {},
): Promise<Record<string, unknown>> {
  const answer = await tenant.api.json(method, path, body);
  expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  return answer.body.data ?? {};
}

/** Stores events of these resources and their deliveries, as the dispatcher does, in one transaction. Answers the deliveries' ids. */
export async function happen(
  tenant: TestTenant,
  { id }: Endpoint,
  resources: readonly number[],
  requestId: string | null = null,
): Promise<number[]> {
  const rows = await tenant.rows<{ id: number }>(
    `WITH fresh AS (
       SELECT nextval(pg_get_serial_sequence('event_outbox', 'id')) AS id, resource, place
         FROM unnest($3::int[]) WITH ORDINALITY AS r (resource, place)),
     stored AS (
       INSERT INTO events (id, tenant_id, event_id, type, resource_id, occurred_at, payload)
       SELECT id, $1, 'evt_1_' || lpad(id::text, 12, '0'), 'contact.updated', resource, now(),
              json_build_object('event', json_build_object('sequence', id), 'data', json_build_object('resource', json_build_object('id', resource)),
                'metadata', json_build_object('request_id', $4::text))::text
         FROM fresh),
     due AS (
       INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_created_at, event_id, resource, next_at)
       SELECT $1, $2, now(), id, 'contact:' || resource, now() - interval '1 second' FROM fresh ORDER BY place
       RETURNING id)
     SELECT due.id::int, pg_notify('webhook_deliveries', '')::text FROM due ORDER BY due.id`,
    [tenant.id, id, resources, requestId],
  );
  return rows.map((row) => row.id);
}

const STORED = `
SELECT id::int, status, attempts, response_status, error,
       round(extract(epoch FROM next_at - last_attempt_at) - coalesce(duration_ms, 0) / 1000.0, 1)::float8 AS pause_s
  FROM webhook_deliveries WHERE tenant_id = $1 AND id = $2`;

/** Waits until a delivery has had so many attempts. */
export async function attempted(tenant: TestTenant, id: number, attempts: number): Promise<StoredDelivery> {
  return eventually(`attempt ${attempts} of delivery ${id}`, async () => {
    const [row] = await tenant.rows<StoredDelivery>(STORED, [tenant.id, id]);
    return row && row.attempts >= attempts ? row : undefined;
  });
}

/** Lets time pass for one delivery, or for all of the tenant's: what lies in the past does so by so much more. */
export async function passes(tenant: TestTenant, seconds: number, id: number | null = null): Promise<void> {
  await tenant.rows(
    `UPDATE webhook_deliveries
        SET next_at = next_at - $2 * interval '1 second', first_attempt_at = first_attempt_at - $2 * interval '1 second',
            last_attempt_at = last_attempt_at - $2 * interval '1 second'
      WHERE tenant_id = $1 AND ($3::bigint IS NULL OR id = $3)`,
    [tenant.id, seconds, id],
  );
}
