import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** `sha256=` and 64 lower-case hexadecimal digits, as WhatsApp writes it. */
const SIGNATURE = /^sha256=([0-9a-f]{64})$/;

/**
 * Whether `header` (X-Hub-Signature-256) is the HMAC-SHA256 of exactly these bytes under the app's secret. The bytes
 * must be those of the wire: WhatsApp escapes non-ASCII characters, so a body that was parsed and written again has
 * another signature. Compares in constant time. Source: WhatsApp, "Create a webhook endpoint".
 */
export function isSignedBy(secret: string, body: Uint8Array, header: string): boolean {
  const digest = SIGNATURE.exec(header)?.[1];
  if (digest === undefined) return false;
  return timingSafeEqual(createHmac('sha256', secret).update(body).digest(), Buffer.from(digest, 'hex'));
}

/** Compares two secrets without telling by the time it takes how far they agree, or how long the expected one is. */
export function isSameSecret(expected: string, given: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(expected), digest(given));
}
