/** How fast a measured offset loses its worth, milliseconds a millisecond: far more than any crystal drifts. */
const DRIFT = 0.0005;

/**
 * Redis' clock as seen from here. Slots are times of Redis, and the clocks of the processes may be minutes apart, so
 * the local time of day is never used: each reply that carries Redis' time gives the offset to the local monotonic
 * clock, wrong by at most half the round trip. The best of the recent ones counts.
 */
export class RedisTime {
  private best?: { offset: number; error: number; at: number };

  /**
   * @param sent and `received`: `performance.now()` around the call
   * @param redis Redis' time in between, milliseconds since 1970
   */
  learn(sent: number, received: number, redis: number): void {
    const sample = { offset: redis - (sent + received) / 2, error: (received - sent) / 2, at: received };
    const known = this.best;
    if (known) {
      const error = known.error + (received - known.at) * DRIFT;
      // Redis' clock was set, or another server took over, when the two cannot both be right.
      const contradicted = Math.abs(sample.offset - known.offset) > sample.error + error;
      if (!contradicted && sample.error > error) return;
    }
    this.best = sample;
  }

  /** Milliseconds since 1970 by Redis' clock, with fractions; undefined before the first reply. */
  now(): number | undefined {
    return this.best && performance.now() + this.best.offset;
  }
}
