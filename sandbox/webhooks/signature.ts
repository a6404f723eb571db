import { createHmac } from 'node:crypto';

/**
 * JSON as Meta writes it before signing: every character outside ASCII as `\uXXXX` (a pair of them outside
 * the basic plane), so `é 👍` becomes `\u00e9 \ud83d\udc4d`.
 */
export function escapeNonAscii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The value of `X-Hub-Signature-256` for these exact bytes. */
export function signBody(body: Buffer, appSecret: string): string {
  return `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`;
}
