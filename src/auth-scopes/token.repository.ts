import { Injectable } from '@nestjs/common';
import { Postgres } from '../platform/database/postgres.js';

/** An access token as it is stored, with what its tenant and plan say about it. */
export interface StoredToken {
  readonly id: number;
  readonly tenantId: number;
  readonly tenantActive: boolean;
  readonly scopes: readonly string[];
  /** The token's own limit, capped by the plan's. */
  readonly rateLimitPerMinute: number;
  /** False when the tenant's plan shuts the API off. */
  readonly apiAccess: boolean;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

// By the unique index on api_tokens.token_hash. A plan's limit of -1 is none; only a plan that says so shuts the API.
const FIND = `
  SELECT t.id, t.tenant_id AS "tenantId", tenant.status = 'active' AS "tenantActive", t.scopes,
         CASE WHEN plan.limit_api_calls_per_minute >= 0
              THEN least(t.rate_limit_per_minute, plan.limit_api_calls_per_minute)
              ELSE t.rate_limit_per_minute END AS "rateLimitPerMinute",
         coalesce((plan.features ->> 'api_access')::boolean, true) AS "apiAccess",
         t.expires_at AS "expiresAt", t.revoked_at AS "revokedAt"
    FROM api_tokens t
    JOIN tenants tenant ON tenant.id = t.tenant_id
    LEFT JOIN tenant_plans plan ON plan.tenant_id = tenant.id
   WHERE t.token_hash = $1`;

/** Reads access tokens by their hash: the one look-up that cannot name a tenant, because it finds it. */
@Injectable()
export class TokenRepository {
  constructor(private readonly postgres: Postgres) {}

  /** @returns null when no such token was ever given out */
  async find(hash: Buffer): Promise<StoredToken | null> {
    const [token] = await this.postgres.query<StoredToken>('auth-scopes:find-token', FIND, [hash]);
    return token ?? null;
  }
}
