import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { scalarText } from '../mapping/mapped-text.js';
import { isRecord } from '../mapping/path.js';
import type { ListenerKind } from '../store-listener.js';

/** Longest id of a delivery, and topic, that is kept; stores' are half of it. */
const MAX_HEADER = 255;

/** A time as Shopify writes it: `2026-01-31T18:00:27.877041743Z`. */
const TIME = /^2\d{3}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d)$/;

/** How a store names a delivery, and what it is about. */
export interface DeliveryNames {
  readonly topic: string | null;
  readonly deliveryId: string | null;
  /** SHA-256 of what a repeat of the delivery has in common with it. */
  readonly repeatHash: Buffer;
  /** When it happened; null when the store does not say. Shopify's deliveries may come in another order. */
  readonly happenedAt: Date | null;
}

/**
 * What tells a repeat: the delivery id (WooCommerce), the event's id (Shopify; one event may be told under several
 * topics), `webhook-id` (Standard Webhooks), else the body. WooCommerce makes the id of a delivery of the webhook and the
 * second (WC_Webhook::get_new_delivery_id), so two orders of one second have the same: the order's id tells them apart.
 */
export function namesOf(
  kind: ListenerKind,
  headers: IncomingHttpHeaders,
  body: Buffer,
  payload: unknown,
): DeliveryNames {
  const header = (name: string): string | null => {
    const value = headers[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
  };
  const [topic, id, within] = {
    woocommerce: () => [header('x-wc-webhook-topic'), header('x-wc-webhook-delivery-id'), resourceOf(payload)] as const,
    shopify: () => {
      const shopifyTopic = header('x-shopify-topic');
      return [shopifyTopic, header('x-shopify-event-id') ?? header('x-shopify-webhook-id'), shopifyTopic] as const;
    },
    generic: () => [null, header('webhook-id'), null] as const,
  }[kind]();
  const of = id === null ? ['body', hash('sha256', body, 'hex')] : ['id', within ?? '', id];
  return {
    topic: topic?.slice(0, MAX_HEADER) ?? null,
    deliveryId: id?.slice(0, MAX_HEADER) ?? null,
    repeatHash: hash('sha256', JSON.stringify(of), 'buffer'),
    happenedAt: kind === 'shopify' ? timeOf(header('x-shopify-triggered-at')) : null,
  };
}

function timeOf(written: string | null): Date | null {
  if (written === null || !TIME.test(written)) return null;
  const time = new Date(written);
  return Number.isNaN(time.getTime()) ? null : time;
}

/** Id of the order, product or customer that a payload of WooCommerce shows. */
const resourceOf = (payload: unknown): string | null =>
  isRecord(payload) && Object.hasOwn(payload, 'id') ? (scalarText(payload.id) ?? null) : null;
