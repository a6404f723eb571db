import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IsString } from 'class-validator';
import { CurrentTenant } from '../platform/http/decorators.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { type StartedApi, startApi, testSettings } from '../platform/http/testing/start-api.js';
import { Log } from '../platform/logging/log.js';
import { RedisConnections } from '../platform/redis/redis-connections.js';
import { Public, RequireScopes } from './decorators.js';
import { RateLimiter } from './rate-limiter.js';
import { ScopesGuard } from './scopes.guard.js';
import { TokenCache } from './token-cache.js';
import { type StoredToken, TokenRepository } from './token.repository.js';
import { generateToken } from './token.js';

class SendDto {
  @IsString()
  phone: string;
}

@Controller('messages')
class MessagesController {
  @Post()
  @RequireScopes('messages:send')
  send(@Body() dto: SendDto): string {
    return dto.phone;
  }

  @Get()
  @RequireScopes('messages:read', 'contacts:read')
  read(@CurrentTenant() tenant: AuthenticatedTenant): AuthenticatedTenant {
    return tenant;
  }

  @Get('open')
  @Public()
  open(): string {
    return 'open';
  }
}

/** Tokens of a specification, where the database would be. Counts what it is asked. */
class KnownTokens {
  readonly byHash = new Map<string, StoredToken>();
  asked = 0;

  add(properties: Partial<StoredToken> = {}): string {
    const { token, hash } = generateToken();
    this.byHash.set(hash.toString('hex'), {
      id: this.byHash.size + 1,
      tenantId: 7,
      tenantActive: true,
      scopes: ['messages:send'],
      rateLimitPerMinute: 60,
      apiAccess: true,
      expiresAt: null,
      revokedAt: null,
      ...properties,
    });
    return token;
  }

  find(hash: Buffer): Promise<StoredToken | null> {
    this.asked++;
    return Promise.resolve(this.byHash.get(hash.toString('hex')) ?? null);
  }
}

describe('a route with scopes', () => {
  const tokens = new KnownTokens();
  let api: StartedApi;
  let redis: RedisConnections;

  beforeAll(async () => {
    const settings = testSettings();
    // Nobody listens there: the limiter counts in this process.
    settings.REDIS_URL = 'redis://127.0.0.1:1';
    redis = new RedisConnections(settings, new Log(settings));

    @Module({
      providers: [
        RateLimiter,
        TokenCache,
        { provide: RedisConnections, useValue: redis },
        { provide: TokenRepository, useValue: tokens },
        { provide: APP_GUARD, useClass: ScopesGuard },
      ],
    })
    class Guarded {}
    api = await startApi({ controllers: [MessagesController], imports: [Guarded] });
  });
  afterAll(async () => {
    await api.stop();
    redis.onModuleDestroy();
  });

  const call = async (method: string, authorization?: string, body?: string, path = '/messages') => {
    const response = await fetch(api.url + path, {
      method,
      body,
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      },
    });
    return {
      response,
      body: (await response.json()) as { data?: unknown; error?: { code: string; details?: unknown } },
    };
  };
  const send = (token: string, body = '{"phone":"1"}') => call('POST', `Bearer ${token}`, body);

  it('is open to a token that has them', async () => {
    expect((await send(tokens.add())).body.data).toBe('1');
  });

  it('is open to *, and tells the controller whose token it is', async () => {
    const token = tokens.add({ scopes: ['*'], tenantId: 12, rateLimitPerMinute: 30 });
    const { body } = await call('GET', `bearer  ${token}`);
    expect(body.data).toMatchObject({ tenantId: 12, scopes: ['*'], rateLimitPerMinute: 30 });
  });

  it('that is public asks for nothing', async () => {
    const { response } = await call('GET', undefined, undefined, '/messages/open');
    expect(response.status).toBe(200);
    expect(response.headers.get('x-ratelimit-limit')).toBeNull();
  });

  describe('answers 401 UNAUTHORIZED', () => {
    const cases: [string, () => string | undefined][] = [
      ['without a token', () => undefined],
      ['to another scheme', () => `Basic ${tokens.add()}`],
      ['to Bearer alone', () => 'Bearer '],
      ['to two tokens', () => `Bearer ${tokens.add()} ${tokens.add()}`],
      ['to a malformed token', () => 'Bearer rasl_short'],
      ['to a well-formed token that nobody has', () => `Bearer ${generateToken().token}`],
      ['to a revoked token', () => `Bearer ${tokens.add({ revokedAt: new Date() })}`],
      ['to an expired token', () => `Bearer ${tokens.add({ expiresAt: new Date(Date.now() - 1) })}`],
      ['to a token of a suspended tenant', () => `Bearer ${tokens.add({ tenantActive: false })}`],
    ];
    it.each(cases)('%s', async (_name, authorization) => {
      const { response, body } = await call('POST', authorization(), '{"phone":');
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(response.headers.get('x-ratelimit-limit')).toBeNull();
      expect(body).toMatchObject({
        success: false,
        error: { code: 'UNAUTHORIZED', message: 'A valid access token is required' },
      });
    });

    it('to a wrong checksum without asking the database', async () => {
      const token = tokens.add();
      const asked = tokens.asked;
      const other = token.endsWith('0') ? '1' : '0';
      expect((await send(token.slice(0, -1) + other)).response.status).toBe(401);
      expect(tokens.asked).toBe(asked);
    });

    it('not to a token that expires in a minute', async () => {
      const token = tokens.add({ expiresAt: new Date(Date.now() + 60_000) });
      expect((await send(token)).response.status).toBe(200);
    });
  });

  it('answers 403 with the missing scopes', async () => {
    const { response, body } = await call(
      'GET',
      `Bearer ${tokens.add({ scopes: ['contacts:read', 'messages:send'] })}`,
    );
    expect(response.status).toBe(403);
    expect(body.error).toMatchObject({ code: 'INSUFFICIENT_SCOPE', details: { required: ['messages:read'] } });
  });

  it('answers 403 FEATURE_NOT_AVAILABLE where the plan shuts the API off', async () => {
    const { response, body } = await send(tokens.add({ apiAccess: false }));
    expect(response.status).toBe(403);
    expect(body.error).toMatchObject({ code: 'FEATURE_NOT_AVAILABLE', details: { feature: 'api_access' } });
  });

  describe('limits the calls of a token', () => {
    it('to what it may make in a minute, and says so on every answer', async () => {
      const token = tokens.add({ rateLimitPerMinute: 2 });
      const before = Math.floor(Date.now() / 1000);
      const answers = [await send(token), await send(token, '{}'), await send(token)];
      expect(answers.map(({ response }) => response.status)).toEqual([200, 422, 429]);
      expect(answers.map(({ response }) => response.headers.get('x-ratelimit-limit'))).toEqual(['2', '2', '2']);
      expect(answers.map(({ response }) => response.headers.get('x-ratelimit-remaining'))).toEqual(['1', '0', '0']);
      for (const { response } of answers) {
        const reset = Number(response.headers.get('x-ratelimit-reset'));
        expect(reset).toBeGreaterThanOrEqual(before + 60);
        expect(reset).toBeLessThanOrEqual(before + 65);
      }
      const last = answers[2];
      const retryAfter = Number(last?.response.headers.get('retry-after'));
      expect(retryAfter).toBeGreaterThan(50);
      expect(retryAfter).toBeLessThanOrEqual(60);
      expect(last?.body.error).toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', details: { retry_after: retryAfter } });
    });

    it('not those of another token of the same tenant', async () => {
      const first = tokens.add({ rateLimitPerMinute: 1 });
      await send(first);
      expect((await send(first)).response.status).toBe(429);
      expect((await send(tokens.add({ rateLimitPerMinute: 1 }))).response.status).toBe(200);
    });

    it('to none when the plan allows none', async () => {
      expect((await send(tokens.add({ rateLimitPerMinute: 0 }))).response.status).toBe(429);
    });
  });

  it('checks in order: token, scope, limit, body', async () => {
    const token = tokens.add({ rateLimitPerMinute: 1, scopes: ['contacts:read'] });
    const malformed = '{"phone":';
    expect((await call('POST', 'Bearer x', malformed)).response.status).toBe(401);
    expect((await send(token, malformed)).response.status).toBe(403);
    // The call before used the only one up, and still the scope is what is told.
    expect((await send(token, malformed)).response.status).toBe(403);
    const limited = tokens.add({ rateLimitPerMinute: 1 });
    expect((await send(limited, malformed)).response.status).toBe(422);
    expect((await send(limited, malformed)).response.status).toBe(429);
  });
});
