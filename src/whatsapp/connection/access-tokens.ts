import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Encryption } from '../../platform/crypto/encryption.js';
import { Postgres } from '../../platform/database/postgres.js';

/** What an account's access token is encrypted for. */
export const ACCESS_TOKEN_CONTEXT = 'whatsapp_accounts.access_token';
const MAX_CACHED = 10_000;

/** Which token is wanted, and since when the account's row is as the caller has seen it. */
export interface TokenRequest {
  readonly tenantId: number;
  readonly accountId: number;
  /** whatsapp_accounts.updated_at: a newer one than cached means that the token may have been rotated. */
  readonly updatedAt: Date;
}

/** The account has gone since the caller saw it. */
export class AccountGoneError extends Error {
  constructor(accountId: number) {
    super(`WhatsApp account ${accountId} does not exist any more`);
  }
}

/**
 * Opens the access tokens of WhatsApp accounts. Each is decrypted once and kept in memory until the account's row is
 * newer: a rotated token takes effect with the first send that has seen the new row.
 */
@Injectable()
export class AccessTokens {
  private readonly cache = new LRUCache<number, { tenantId: number; updatedAt: number; token: string }>({
    max: MAX_CACHED,
  });

  constructor(
    private readonly postgres: Postgres,
    private readonly encryption: Encryption,
  ) {}

  /**
   * @throws AccountGoneError
   * @throws DecryptionError when the encryption key that sealed it is not configured any more
   */
  async tokenFor({ tenantId, accountId, updatedAt }: TokenRequest): Promise<string> {
    const cached = this.cache.get(accountId);
    if (cached && cached.tenantId === tenantId && cached.updatedAt >= updatedAt.getTime()) return cached.token;
    const [row] = await this.postgres.query<{ access_token_encrypted: Buffer; updated_at: Date }>(
      'access-token',
      'SELECT access_token_encrypted, updated_at FROM whatsapp_accounts WHERE tenant_id = $1 AND id = $2',
      [tenantId, accountId],
    );
    if (!row) throw new AccountGoneError(accountId);
    const token = this.encryption.decrypt(row.access_token_encrypted, ACCESS_TOKEN_CONTEXT);
    this.cache.set(accountId, { tenantId, updatedAt: row.updated_at.getTime(), token });
    return token;
  }
}
