import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ListenerKind } from '../store-listener.js';

/** Longest id of a delivery, and topic, that is kept; stores' are half of it. */
const MAX_HEADER = 255;

/** How a store names a delivery, and what it is about. */
export interface DeliveryNames {
  readonly topic: string | null;
  readonly deliveryId: string | null;
  /** SHA-256 of what a repeat of the delivery has in common with it. */
  readonly repeatHash: Buffer;
}

/**
 * What tells a repeat: the delivery id (WooCommerce), the event's id (Shopify; one event may be told under several
 * topics), `webhook-id` (Standard Webhooks), else the body.
 */
export function namesOf(kind: ListenerKind, headers: IncomingHttpHeaders, body: Buffer): DeliveryNames {
  const header = (name: string): string | null => {
    const value = headers[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
  };
  const [topic, id] = {
    woocommerce: () => [header('x-wc-webhook-topic'), header('x-wc-webhook-delivery-id')] as const,
    shopify: () => [header('x-shopify-topic'), header('x-shopify-event-id') ?? header('x-shopify-webhook-id')] as const,
    generic: () => [null, header('webhook-id')] as const,
  }[kind]();
  const of = id === null ? ['body', hash('sha256', body, 'hex')] : ['id', kind === 'shopify' ? (topic ?? '') : '', id];
  return {
    topic: topic?.slice(0, MAX_HEADER) ?? null,
    deliveryId: id?.slice(0, MAX_HEADER) ?? null,
    repeatHash: hash('sha256', JSON.stringify(of), 'buffer'),
  };
}
