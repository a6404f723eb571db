import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Encryption } from '../../platform/crypto/encryption.js';

/** What `webhooks.secret_encrypted` and `.previous_secret_encrypted` are encrypted for; a rotation moves the one to the other. */
export const WEBHOOK_SECRET_CONTEXT = 'webhooks.secret';
/** The same of `webhooks.headers_encrypted`. */
export const WEBHOOK_HEADERS_CONTEXT = 'webhooks.headers';

/** Of a secret, as Standard Webhooks advises (24 to 64). */
const SECRET_BYTES = 32;

/** How long the secret that was replaced signs, too, hours. */
export const PREVIOUS_SECRET_HOURS = 24;

/** A new secret as Standard Webhooks writes it: `whsec_` and base64. */
export const newWebhookSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;

/** The columns of an endpoint that are encrypted. */
export interface SealedEndpoint {
  readonly secret_encrypted: Buffer;
  readonly previous_secret_encrypted: Buffer | null;
  readonly previous_secret_until: Date | null;
  readonly headers_encrypted: Buffer | null;
}

/** An endpoint's secrets and own headers, which are stored encrypted. */
@Injectable()
export class EndpointSecrets {
  constructor(private readonly encryption: Encryption) {}

  sealSecret(secret: string): Buffer {
    return this.encryption.encrypt(secret, WEBHOOK_SECRET_CONTEXT);
  }

  /** Null when there are none. */
  sealHeaders(headers: Readonly<Record<string, string>> | null): Buffer | null {
    if (headers === null || Object.keys(headers).length === 0) return null;
    return this.encryption.encrypt(JSON.stringify(headers), WEBHOOK_HEADERS_CONTEXT);
  }

  /** The tenant's own headers. @throws DecryptionError */
  headersOf({ headers_encrypted: sealed }: Pick<SealedEndpoint, 'headers_encrypted'>): Record<string, string> {
    if (sealed === null) return {};
    const opened: unknown = JSON.parse(this.encryption.decrypt(sealed, WEBHOOK_HEADERS_CONTEXT));
    return Object.fromEntries(Object.entries(Object(opened) as object).map(([name, value]) => [name, String(value)]));
  }

  /** Those that sign at this moment, the newest first. @throws DecryptionError */
  secretsOf(endpoint: SealedEndpoint, at: Date): string[] {
    const { secret_encrypted: newest, previous_secret_encrypted: previous, previous_secret_until: until } = endpoint;
    const sealed = previous && until && until > at ? [newest, previous] : [newest];
    return sealed.map((one) => this.encryption.decrypt(one, WEBHOOK_SECRET_CONTEXT));
  }
}
