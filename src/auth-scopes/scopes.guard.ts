import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { Clock } from '../platform/clock/clock.js';
import { featureNotAvailable, insufficientScope, rateLimitExceeded, unauthorized } from '../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { type Access, ACCESS } from './decorators.js';
import { RateLimiter } from './rate-limiter.js';
import { missingScopes } from './scopes.js';
import { TokenCache } from './token-cache.js';
import { hashToken, isTokenShaped } from './token.js';

/** RFC 6750: the scheme's name is read without regard to case. */
const BEARER = /^Bearer +([^ ]+) *$/i;

/**
 * The one guard, for every route: who calls (401), whether the plan has the API and the token the
 * scopes (403), whether it has calls left
 * (429), in this order. Everybody who is known gets the X-RateLimit headers, whatever the answer.
 */
@Injectable()
export class ScopesGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: TokenCache,
    private readonly limiter: RateLimiter,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    // The program does not start with a route that declares nothing; should one appear, it is closed.
    if (!access) throw unauthorized();
    if (access.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<Request>();
    const { tenant, apiAccess } = await this.authenticate(request);
    request.context.tenant = tenant;
    const rate = await this.limiter.count(tenant.tokenId, tenant.rateLimitPerMinute);
    const response = context.switchToHttp().getResponse<Response>();
    response.setHeader('X-RateLimit-Limit', rate.limit);
    response.setHeader('X-RateLimit-Remaining', rate.remaining);
    response.setHeader('X-RateLimit-Reset', rate.resetAt);
    if (!apiAccess) throw featureNotAvailable('api_access');
    const missing = missingScopes(tenant.scopes, access.scopes);
    if (missing.length > 0) throw insufficientScope(missing);
    if (!rate.allowed) throw rateLimitExceeded(rate.retryAfter);
    return true;
  }

  /** @throws ApiError 401, the same for every reason */
  private async authenticate({
    headers,
    context,
  }: Request): Promise<{ tenant: AuthenticatedTenant; apiAccess: boolean }> {
    const text = BEARER.exec(headers.authorization ?? '')?.[1];
    if (text === undefined) throw unauthorized();
    if (!isTokenShaped(text)) {
      this.metrics.tokenLookups.inc({ source: 'checksum' });
      throw unauthorized();
    }
    const { token, source } = await this.tokens.find(hashToken(text));
    this.metrics.tokenLookups.inc({ source });
    if (!token || token.revokedAt || !token.tenantActive) throw unauthorized();
    if (token.expiresAt && token.expiresAt <= this.clock.now()) throw unauthorized();
    const tenant = {
      tenantId: token.tenantId,
      tokenId: token.id,
      scopes: token.scopes,
      rateLimitPerMinute: token.rateLimitPerMinute,
      requestId: context.requestId,
    };
    return { tenant, apiAccess: token.apiAccess };
  }
}
