import { Injectable } from '@nestjs/common';
import { INSTALLATION_KEY_CONTEXT } from '../../contacts/erase/identity-hashes.js';
import { STORE_SECRET_CONTEXT } from '../../integrations/store-listener.js';
import { Encryption } from '../../platform/crypto/encryption.js';
import { Postgres } from '../../platform/database/postgres.js';
import { WEBHOOK_HEADERS_CONTEXT, WEBHOOK_SECRET_CONTEXT } from '../../webhooks/endpoints/endpoint-secrets.js';
import { ACCESS_TOKEN_CONTEXT } from './access-tokens.js';
import { APP_SECRET_CONTEXT, VERIFY_TOKEN_CONTEXT } from './secret-contexts.js';

/** Every column that holds encrypted values, with what they are encrypted for; null where there is none. */
const SECRETS = [
  { table: 'whatsapp_accounts', column: 'access_token_encrypted', context: ACCESS_TOKEN_CONTEXT },
  { table: 'whatsapp_apps', column: 'app_secret_encrypted', context: APP_SECRET_CONTEXT },
  { table: 'whatsapp_apps', column: 'verify_token_encrypted', context: VERIFY_TOKEN_CONTEXT },
  { table: 'store_listeners', column: 'secret_encrypted', context: STORE_SECRET_CONTEXT },
  { table: 'installation_keys', column: 'key_encrypted', context: INSTALLATION_KEY_CONTEXT },
  { table: 'webhooks', column: 'secret_encrypted', context: WEBHOOK_SECRET_CONTEXT },
  { table: 'webhooks', column: 'previous_secret_encrypted', context: WEBHOOK_SECRET_CONTEXT },
  { table: 'webhooks', column: 'headers_encrypted', context: WEBHOOK_HEADERS_CONTEXT },
] as const;

/** What a rotation found and did, over all tenants. */
export interface Rotation {
  /** Name of the key that all values are encrypted with now. */
  readonly keyId: string;
  readonly rotated: number;
  /** Those that the current key had encrypted before. */
  readonly current: number;
}

/** Moves stored secrets to the current encryption key, so that an earlier key can be retired. */
@Injectable()
export class SecretRotation {
  constructor(
    private readonly postgres: Postgres,
    private readonly encryption: Encryption,
  ) {}

  /**
   * Can be repeated, and runs beside a working platform: a value that is changed at the same moment is left as it was
   * changed.
   * @throws DecryptionError when a value's key is not configured; what was rotated before it stays so
   */
  async rotate(): Promise<Rotation> {
    let rotated = 0;
    let current = 0;
    for (const { table, column, context } of SECRETS) {
      const rows = await this.postgres.query<{ id: number; sealed: Buffer }>(
        `rotation_read_${table}_${column}`,
        `SELECT id, ${column} AS sealed FROM ${table} WHERE ${column} IS NOT NULL ORDER BY id`,
      );
      for (const { id, sealed } of rows) {
        if (!this.encryption.isOutdated(sealed)) {
          current += 1;
          continue;
        }
        const resealed = this.encryption.encrypt(this.encryption.decrypt(sealed, context), context);
        const changed = await this.postgres.query(
          `rotation_write_${table}_${column}`,
          `UPDATE ${table} SET ${column} = $3 WHERE id = $1 AND ${column} = $2 RETURNING id`,
          [id, sealed, resealed],
        );
        rotated += changed.length;
      }
    }
    return { keyId: this.encryption.keyId, rotated, current };
  }
}
