import { Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { DeclaredAccess } from './declared-access.js';
import { RateLimiter } from './rate-limiter.js';
import { ScopesGuard } from './scopes.guard.js';
import { TokenCache } from './token-cache.js';
import { TokenChanges } from './token-changes.js';
import { TokenRepository } from './token.repository.js';

/** Access tokens, scopes and the per-token rate limit. Importing it guards every route of the program. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    DeclaredAccess,
    RateLimiter,
    TokenCache,
    TokenChanges,
    TokenRepository,
    { provide: APP_GUARD, useClass: ScopesGuard },
  ],
})
export class AuthScopesModule {}
