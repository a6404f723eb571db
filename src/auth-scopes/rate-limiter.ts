import { readFileSync } from 'node:fs';
import { Injectable } from '@nestjs/common';
import type { Result } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { Log } from '../platform/logging/log.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { RedisConnections } from '../platform/redis/redis-connections.js';

const WINDOW_MS = 60_000;
const SCRIPT = readFileSync(new URL('./rate-limit.lua', import.meta.url), 'utf8');
/** After a failure a node of Redis is left alone for this long, so that one that hangs does not slow every call. */
const REDIS_PAUSE_MS = 2_000;
const MAX_LOCAL_WINDOWS = 50_000;

/** What the limiter says about one call. */
export interface RateDecision {
  readonly allowed: boolean;
  readonly limit: number;
  /** Calls left in this window. */
  readonly remaining: number;
  /** When the window ends, Unix seconds, rounded up. */
  readonly resetAt: number;
  /** Whole seconds until then, at least 1. */
  readonly retryAfter: number;
}

const decide = (allowed: boolean, limit: number, remaining: number, leftMs: number, nowMs: number): RateDecision => ({
  allowed,
  limit,
  remaining,
  resetAt: Math.ceil((nowMs + leftMs) / 1000),
  retryAfter: Math.max(1, Math.ceil(leftMs / 1000)),
});

/**
 * The per-token limit: a window of a minute that opens with the token's first call, counted in Redis by
 * rate-limit.lua. A window rather than a leaking bucket, because its numbers mean to a client what the headers say:
 * `Remaining` calls are left until `Reset`. While Redis is away each process counts for itself, so a token may then
 * make as many calls as its limit times the number of processes.
 */
@Injectable()
export class RateLimiter {
  private readonly local = new LRUCache<number, { used: number; endsAt: number }>({ max: MAX_LOCAL_WINDOWS });
  /** By node of Redis. */
  private readonly pausedUntil = new Map<string, number>();

  constructor(
    private readonly redis: RedisConnections,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {
    redis.commands.defineCommand('raslRateLimit', { numberOfKeys: 1, lua: SCRIPT });
  }

  /** Counts one call of the token. `limit` is calls a minute; 0 allows none. */
  async count(tokenId: number, limit: number): Promise<RateDecision> {
    const byRedis = await this.countInRedis(tokenId, limit);
    const decision = byRedis ?? this.countLocally(tokenId, limit);
    this.metrics.rateLimitDecisions.inc({
      limiter: byRedis ? 'redis' : 'local',
      outcome: decision.allowed ? 'allowed' : 'refused',
    });
    return decision;
  }

  private async countInRedis(tokenId: number, limit: number): Promise<RateDecision | undefined> {
    const { commands } = this.redis;
    const key = this.redis.key('rate', tokenId);
    const node = this.redis.nodeOf(key);
    if (commands.status !== 'ready' || performance.now() < (this.pausedUntil.get(node) ?? 0)) return undefined;
    try {
      const [allowed, remaining, leftMs, nowMs] = await commands.raslRateLimit(key, limit, WINDOW_MS);
      return decide(allowed === 1, limit, remaining, leftMs, nowMs);
    } catch (error) {
      this.pausedUntil.set(node, performance.now() + REDIS_PAUSE_MS);
      this.log.warn({ err: error }, 'Redis does not count calls; this process counts for itself');
      return undefined;
    }
  }

  private countLocally(tokenId: number, limit: number): RateDecision {
    const now = Date.now();
    let window = this.local.get(tokenId);
    if (!window || window.endsAt <= now) {
      window = { used: 0, endsAt: now + WINDOW_MS };
      this.local.set(tokenId, window);
    }
    const allowed = window.used < limit;
    if (allowed) window.used++;
    return decide(allowed, limit, Math.max(0, limit - window.used), window.endsAt - now, now);
  }
}

declare module 'ioredis' {
  // The parameters must repeat those of the interface that is extended.
  interface RedisCommander<Context> {
    raslRateLimit(
      key: string,
      limit: number,
      windowMs: number,
    ): Result<[allowed: number, remaining: number, leftMs: number, nowMs: number], Context>;
  }
}
