import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Settings } from '../../platform/config/settings.js';
import { NoTurnError, TenantTurns } from '../../platform/database/tenant-turns.js';
import { rateLimitExceeded, serviceUnavailable } from '../../platform/http/api-error.js';

/** Calls of one listener that are stored at the same time by one process, and how long others wait, milliseconds. */
const AT_ONCE = 2;
const TURN_MS = 5000;
const MAX_BUCKETS = 20_000;
const MINUTE_MS = 60_000;

/** Keeps one shop's calls from slowing others': so many a minute, and few at the same time, in each process. */
@Injectable()
export class CallLimits {
  private readonly perMinute: number;
  /** Calls left, and when that was so (performance.now()). */
  private readonly buckets = new LRUCache<number, { left: number; at: number }>({ max: MAX_BUCKETS });
  private readonly turns = new TenantTurns(AT_ONCE, TURN_MS);

  constructor(settings: Settings) {
    this.perMinute = settings.STORE_CALLS_PER_MINUTE;
  }

  /** Counts a call. A quiet listener may have a whole minute's calls at once. @throws ApiError 429 */
  count(listenerId: number): void {
    const now = performance.now();
    const bucket = this.buckets.get(listenerId) ?? { left: this.perMinute, at: now };
    const left = Math.min(this.perMinute, bucket.left + ((now - bucket.at) / MINUTE_MS) * this.perMinute);
    if (left < 1) {
      this.buckets.set(listenerId, { left, at: now });
      throw rateLimitExceeded(Math.max(1, Math.ceil((((1 - left) / this.perMinute) * MINUTE_MS) / 1000)));
    }
    this.buckets.set(listenerId, { left: left - 1, at: now });
  }

  /** Runs a write of the listener when it is its turn. @throws ApiError 503 when that does not come */
  async inTurn<T>(listenerId: number, work: () => Promise<T>): Promise<T> {
    try {
      return await this.turns.run(listenerId, work);
    } catch (error) {
      throw error instanceof NoTurnError ? serviceUnavailable(error) : error;
    }
  }
}
