import { Webhook } from 'standardwebhooks';

/** What is signed, and sent with it. */
export interface SignedContent {
  readonly eventId: string;
  readonly at: Date;
  /** To the byte. */
  readonly payload: string;
}

/**
 * The three headers of Standard Webhooks (standardwebhooks.com, "Signature scheme"), symmetric: HMAC-SHA256 over id,
 * time and body, with each of the secrets. While a secret is being replaced there are two signatures, separated by a
 * space, and a receiver that knows either accepts the delivery.
 * @param secrets `whsec_…`, the newest first
 */
export function signatureHeaders(
  { eventId, at, payload }: SignedContent,
  secrets: readonly string[],
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  return {
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(eventId, at, payload)).join(' '),
  };
}
