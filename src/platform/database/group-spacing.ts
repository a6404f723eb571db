/** A tenant of which nothing came for this many spacings is quiet. */
const QUIET_AFTER = 2;
/** From one group that hurries to the next, in spacings: many quiet tenants are a load, too. */
const HURRIES_EVERY = 2;

/**
 * When the next group begins. A steady stream has its groups `spacingMs` apart, which makes them a useful size; but who
 * sends little does not wait for those who send much: an item of a tenant that was quiet lets the next group begin at
 * once, beside those under way, and the others' items go with it. That happens once in two spacings at most.
 */
export class GroupSpacing {
  private begunAt = -Infinity;
  private hurriedAt = -Infinity;
  private hurries = false;
  /** When each tenant's last item came, oldest first; those that are quiet again are forgotten. */
  private readonly cameAt = new Map<number, number>();

  /** @param spacingMs least time between the beginnings of two groups, milliseconds; 0: none */
  constructor(private readonly spacingMs: number) {}

  /**
   * An item of the tenant has come.
   * @param underWay no further group may begin until one of those under way has ended
   */
  came(tenant: number, underWay: boolean): void {
    if (this.spacingMs === 0) return;
    const now = performance.now();
    this.forgetQuiet(now);
    const wasQuiet = !this.cameAt.delete(tenant);
    this.cameAt.set(tenant, now);
    if (!wasQuiet || (!underWay && this.begunAt + this.spacingMs <= now)) return;
    if (now - this.hurriedAt < HURRIES_EVERY * this.spacingMs) return;
    this.hurries = true;
    this.hurriedAt = now;
  }

  /** The next group shall not wait, not even for one that is under way. */
  get hurried(): boolean {
    return this.hurries;
  }

  /** Until the next group may begin, milliseconds; not positive: now. */
  get waitMs(): number {
    return this.hurries ? 0 : this.begunAt + this.spacingMs - performance.now();
  }

  /** A group begins. */
  begins(): void {
    this.hurries = false;
    this.begunAt = performance.now();
  }

  private forgetQuiet(now: number): void {
    for (const [tenant, at] of this.cameAt) {
      if (now - at < QUIET_AFTER * this.spacingMs) return;
      this.cameAt.delete(tenant);
    }
  }
}
