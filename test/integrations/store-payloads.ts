import { readFileSync } from 'node:fs';

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
