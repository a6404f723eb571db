import { Injectable } from '@nestjs/common';
import { isGrantable, SCOPES } from '../auth-scopes/scopes.js';
import { generateToken } from '../auth-scopes/token.js';
import { noteChange } from '../platform/audit/operator-changes.js';
import { Clock } from '../platform/clock/clock.js';
import type { ApiTokenModel } from '../platform/database/generated/models/ApiToken.js';
import { Prisma } from '../platform/database/prisma.js';
import { TenantError } from './tenant-error.js';
import { TenantsService } from './tenants.service.js';

export interface NewToken {
  readonly tenantId: number;
  readonly name: string;
  /** Names of scopes, or `*`. */
  readonly scopes: readonly string[];
  /** Calls a minute; absent: the plan's limit, or 60 when that has none. Never above the plan's. */
  readonly rateLimitPerMinute?: number;
  /** Absent: never. */
  readonly expiresAt?: Date;
}

export interface TokenSummary {
  readonly id: number;
  readonly tenantId: number;
  readonly name: string;
  /** Enough to recognise the token, too little to use it. */
  readonly hint: string;
  readonly scopes: readonly string[];
  readonly rateLimitPerMinute: number;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly createdAt: Date;
}

const DEFAULT_RATE = 60;
const MAX_RATE = 1_000_000;
const MAX_NAME = 100;

/** The operator's work on access tokens. Revoking takes effect within a second on every process (LISTEN/NOTIFY). */
@Injectable()
export class ApiTokensService {
  constructor(
    private readonly prisma: Prisma,
    private readonly tenants: TenantsService,
    private readonly clock: Clock,
  ) {}

  /**
   * Makes a token. Its text is answered this once; only a hash is stored.
   * @throws TenantError when a field is wrong or the tenant unknown
   */
  async create(wanted: NewToken): Promise<TokenSummary & { token: string }> {
    const name = wanted.name.trim();
    if (name === '' || [...name].length > MAX_NAME) throw new TenantError(`A name has 1 to ${MAX_NAME} characters`);
    const scopes = checkedScopes(wanted.scopes);
    if (wanted.expiresAt && wanted.expiresAt <= this.clock.now()) throw new TenantError('The expiry is in the past');
    await this.tenants.get(wanted.tenantId);
    const rateLimitPerMinute = await this.checkedRate(wanted.tenantId, wanted.rateLimitPerMinute);
    const { token, hash, hint } = generateToken();
    const { tenantId } = wanted;
    const data = {
      tenantId,
      name,
      tokenHash: new Uint8Array(hash),
      hint,
      scopes,
      rateLimitPerMinute,
      expiresAt: wanted.expiresAt ?? null,
    };
    const row = await this.prisma.operator.$transaction(async (transaction) => {
      const created = await transaction.apiToken.create({ data });
      await noteChange(transaction, tenantId, {
        action: 'token.created',
        ids: [created.id],
        details: { name, scopes },
      });
      return created;
    });
    return { ...summary(row), token };
  }

  /** @throws TenantError when there is no such tenant */
  async list(tenantId: number): Promise<TokenSummary[]> {
    await this.tenants.get(tenantId);
    const rows = await this.prisma.tenant.apiToken.findMany({ where: { tenantId }, orderBy: { id: 'asc' } });
    return rows.map(summary);
  }

  /** Revoking twice keeps the first time. @throws TenantError when the tenant has no such token */
  async revoke(tenantId: number, id: number): Promise<TokenSummary> {
    await this.prisma.operator.$transaction(async (transaction) => {
      const { count } = await transaction.apiToken.updateMany({
        where: { tenantId, id, revokedAt: null },
        data: { revokedAt: this.clock.now() },
      });
      if (count > 0) await noteChange(transaction, tenantId, { action: 'token.revoked', ids: [id] });
    });
    const row = await this.prisma.tenant.apiToken.findFirst({ where: { tenantId, id } });
    if (!row) throw new TenantError(`Tenant ${tenantId} has no token ${id}`);
    return summary(row);
  }

  private async checkedRate(tenantId: number, wanted: number | undefined): Promise<number> {
    const tenant = await this.prisma.operator.tenant.findUnique({ where: { id: tenantId }, include: { plan: true } });
    const cap = tenant?.plan?.limitApiCallsPerMinute ?? -1;
    const rate = wanted ?? (cap > 0 ? cap : DEFAULT_RATE);
    if (!Number.isInteger(rate) || rate < 1 || rate > MAX_RATE) {
      throw new TenantError(`A rate limit is a whole number from 1 to ${MAX_RATE}`);
    }
    if (cap >= 0 && rate > cap) throw new TenantError(`The tenant's plan allows at most ${cap} calls a minute`);
    return rate;
  }
}

function checkedScopes(names: readonly string[]): string[] {
  const unique = [...new Set(names)];
  if (unique.length === 0) throw new TenantError('A token needs at least one scope');
  const unknown = unique.filter((name) => !isGrantable(name));
  if (unknown.length > 0)
    throw new TenantError(`Unknown scope ${unknown.join(', ')}. There are: *, ${SCOPES.join(', ')}`);
  return unique;
}

function summary(row: ApiTokenModel): TokenSummary {
  const { id, tenantId, name, hint, scopes, rateLimitPerMinute, expiresAt, revokedAt, createdAt } = row;
  return { id, tenantId, name, hint, scopes, rateLimitPerMinute, expiresAt, revokedAt, createdAt };
}
