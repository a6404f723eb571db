import type { IdempotentCall } from '../idempotency/idempotent-call.js';

/** Whose token a request carries, and what the token may do. Set by the guard. */
export interface AuthenticatedTenant {
  readonly tenantId: number;
  readonly tokenId: number;
  /** Scope names; `*` grants all. */
  readonly scopes: readonly string[];
  /** Calls a minute: the token's own limit, capped by the plan's. */
  readonly rateLimitPerMinute: number;
  /** Of the request: with it, an author of changes (platform/audit). */
  readonly requestId: string;
}

/** What the platform knows about a request; stands on `request.context` from the first middleware on. */
export interface RequestContext {
  /** UUID: the caller's X-Request-Id, or ours. */
  readonly requestId: string;
  /** `performance.now()` when the request's headers had arrived. */
  readonly startedAt: number;
  /** Absent on public routes. */
  tenant?: AuthenticatedTenant;
  /** Present when the request is a POST with an `Idempotency-Key`. */
  idempotentCall?: IdempotentCall;
}

declare module 'express-serve-static-core' {
  interface Request {
    context: RequestContext;
  }
}
