import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { ListenerKind } from '../store-listener.js';

/** Base64 of a SHA-256, as WooCommerce and Shopify write it. */
const BASE64_SHA256 = /^[A-Za-z0-9+/]{43}=$/;

/**
 * Whether a call is signed with the listener's secret, over the bytes as they came. WooCommerce and Shopify: Base64 of the
 * HMAC-SHA256 under the secret as text, compared in constant time (WooCommerce REST API, "Webhooks"; shopify.dev, "Verify
 * webhook deliveries"). Others: Standard Webhooks, no older or newer than five minutes.
 */
export function isSigned(kind: ListenerKind, secret: string, headers: IncomingHttpHeaders, body: Buffer): boolean {
  switch (kind) {
    case 'woocommerce':
      return isHmac(secret, body, headers['x-wc-webhook-signature']);
    case 'shopify':
      return isHmac(secret, body, headers['x-shopify-hmac-sha256']);
    case 'generic':
      return isStandardWebhook(secret, headers, body);
  }
}

function isHmac(secret: string, body: Buffer, header: string | string[] | undefined): boolean {
  if (typeof header !== 'string' || !BASE64_SHA256.test(header)) return false;
  return timingSafeEqual(createHmac('sha256', secret).update(body).digest(), Buffer.from(header, 'base64'));
}

function isStandardWebhook(secret: string, headers: IncomingHttpHeaders, body: Buffer): boolean {
  try {
    new Webhook(secret).verify(body, onlyTexts(headers), { jsonParse: false });
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}

function onlyTexts(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}
