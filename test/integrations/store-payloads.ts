import { readFileSync } from 'node:fs';
import type { TestTenant } from '../support/tenant.js';

type Json = Record<string, unknown>;

const read = (name: string): Json =>
  JSON.parse(readFileSync(new URL(`./payloads/${name}.json`, import.meta.url), 'utf8')) as Json;

/** An order of WooCommerce with other values at its top. */
export const wooOrder = (changes: Json = {}): Json => ({ ...read('woocommerce-order'), ...changes });
/** The same, billed to this phone. */
export const wooOrderOf = (phone: string, changes: Json = {}, country = 'EG'): Json => {
  const order = wooOrder(changes);
  return { ...order, billing: { ...(order.billing as Json), phone, country } };
};
export const wooCustomer = (): Json => read('woocommerce-customer');
export const shopifyOrder = (changes: Json = {}): Json => ({ ...read('shopify-order'), ...changes });
export const shopifyCheckout = (changes: Json = {}): Json => ({ ...read('shopify-checkout'), ...changes });

/** Stores a payload of a listener that led to nothing. @returns its id */
export async function failedPayload(tenant: TestTenant, listenerId: number | undefined): Promise<number> {
  const [row] = await tenant.rows<{ id: number }>(
    `INSERT INTO store_payloads (tenant_id, listener_id, request_id, body, size_bytes, status, next_at)
     VALUES ($1, $2, gen_random_uuid(), '\\x7b7d', 2, 'failed', NULL) RETURNING id::int`,
    [tenant.id, listenerId],
  );
  if (!row) throw new Error('no payload was stored');
  return row.id;
}

/** Makes it so again, whoever works it off. */
export const failAgain = (tenant: TestTenant, id: number | undefined): Promise<unknown> =>
  tenant.rows(`UPDATE store_payloads SET status = 'failed', next_at = NULL, tries = tries + 1 WHERE id = $1`, [id]);
