interface Bucket {
  tokens: number;
  at: number;
}

/** Buckets that are full again are forgotten when there are this many. */
const SWEEP_AT = 50_000;

/**
 * The pair limit (WhatsApp, "Pair rate limits"): to one user a burst of 45, and one message in 6 seconds
 * in the long run; a burst is borrowed from the future.
 */
export class PairLimit {
  readonly #buckets = new Map<string, Bucket>();

  constructor(
    public burst = 45,
    public intervalMs = 6000,
  ) {}

  allows(user: string, now: number): boolean {
    return this.#tokens(user, now) >= 1;
  }

  record(user: string, now: number): void {
    const tokens = this.#tokens(user, now) - 1;
    this.#buckets.set(user, { tokens, at: now });
    if (this.#buckets.size > SWEEP_AT) this.#sweep(now);
  }

  reset(): void {
    this.#buckets.clear();
  }

  #tokens(user: string, now: number): number {
    const bucket = this.#buckets.get(user);
    if (bucket === undefined) return this.burst;
    return Math.min(this.burst, bucket.tokens + (now - bucket.at) / this.intervalMs);
  }

  /** Only what has not refilled yet has to be remembered; were even that too much, the oldest half goes. */
  #sweep(now: number): void {
    for (const user of this.#buckets.keys()) {
      if (this.#tokens(user, now) >= this.burst) this.#buckets.delete(user);
    }
    let surplus = this.#buckets.size - SWEEP_AT / 2;
    for (const user of this.#buckets.keys()) {
      if (surplus-- <= 0) break;
      this.#buckets.delete(user);
    }
  }
}
