import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../platform/clock/clock.js';
import { type StoredToken, TokenRepository } from './token.repository.js';

const TTL_MS = 30_000;
const MAX_TOKENS = 10_000;
/** A well-formed token that does not exist is a probe or a deleted one; it is remembered briefly. */
const UNKNOWN_TTL_MS = 5_000;
const MAX_UNKNOWN = 1_000;

/** Where an answer came from, for the metrics. */
export interface Lookup {
  readonly token: StoredToken | null;
  readonly source: 'cached' | 'database';
}

/**
 * Look-ups of tokens, remembered for 30 s. It may remember only while something tells it about changes
 * ({@link trust}); without that every look-up goes to the database, and callers with the same token share it.
 * A look-up that was under way when a notice came is answered, but not remembered.
 */
@Injectable()
export class TokenCache {
  private readonly known: LRUCache<string, StoredToken>;
  private readonly unknown: LRUCache<string, true>;
  private readonly underWay = new Map<string, Promise<StoredToken | null>>();
  private trusted = false;
  /** Rises with every notice; tells a look-up that the world changed while it ran. */
  private version = 0;

  constructor(
    private readonly repository: TokenRepository,
    clock: Clock,
  ) {
    const perf = { now: () => clock.now().getTime() };
    this.known = new LRUCache({ max: MAX_TOKENS, ttl: TTL_MS, ttlResolution: 0, perf });
    this.unknown = new LRUCache({ max: MAX_UNKNOWN, ttl: UNKNOWN_TTL_MS, ttlResolution: 0, perf });
  }

  async find(hash: Buffer): Promise<Lookup> {
    const key = hash.toString('hex');
    const token = this.known.get(key);
    if (token) return { token, source: 'cached' };
    if (this.unknown.get(key)) return { token: null, source: 'cached' };
    return { token: await this.load(key, hash), source: 'database' };
  }

  /** Notices of changes arrive from now on: what is looked up may be remembered. */
  trust(): void {
    this.forgetAll();
    this.trusted = true;
  }

  /** Notices may be missing from now on: nothing is remembered. */
  distrust(): void {
    this.trusted = false;
    this.forgetAll();
  }

  /** The token with this hash (hex) changed. */
  forget(key: string): void {
    this.version++;
    this.underWay.delete(key);
    this.known.delete(key);
    this.unknown.delete(key);
  }

  /** Something about the tenant changed. */
  forgetTenant(tenantId: number): void {
    this.version++;
    this.underWay.clear();
    for (const [key, token] of this.known.entries()) {
      if (token.tenantId === tenantId) this.known.delete(key);
    }
  }

  /** Any token may have changed. */
  forgetAll(): void {
    this.version++;
    this.underWay.clear();
    this.known.clear();
    this.unknown.clear();
  }

  private load(key: string, hash: Buffer): Promise<StoredToken | null> {
    const running = this.underWay.get(key);
    if (running) return running;
    const loading = this.loadNow(key, hash, this.version).finally(() => {
      if (this.underWay.get(key) === loading) this.underWay.delete(key);
    });
    this.underWay.set(key, loading);
    return loading;
  }

  private async loadNow(key: string, hash: Buffer, version: number): Promise<StoredToken | null> {
    const token = await this.repository.find(hash);
    if (this.trusted && version === this.version) {
      if (token) this.known.set(key, token);
      else this.unknown.set(key, true);
    }
    return token;
  }
}
