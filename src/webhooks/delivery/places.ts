/** One tenant may have this part of a process's places. */
const TENANT_SHARE = 1 / 5;
/** All endpoints together that answer slowly, or not at all, may have this part of them. */
const SLOW_SHARE = 1 / 2;
/** A call that took so long was slow, milliseconds: a few of them would hold the places of thousands of quick ones. */
export const SLOW_MS = 2000;
/** What an endpoint that nothing is known of has at first. */
const FIRST_PLACES = 2;

/** How an endpoint's call went, as far as places are concerned. */
export interface CallEnd {
  readonly durationMs: number;
  readonly timedOut: boolean;
  /** The receiver asked for less (429). */
  readonly throttled: boolean;
  /** Whether it answered that it has the event. */
  readonly delivered: boolean;
}

/**
 * How many calls one endpoint may have under way. It begins with a few, has one more after each quick success, half
 * as many after a time-out or a 429, and a single one while nothing else comes of it.
 */
export class EndpointPlaces {
  running = 0;
  /** Its last call took long or was not answered: it shares its places with the others of this kind. */
  slow: boolean;
  private most: number;

  /** @param failing its last call, in whichever process, failed */
  constructor(
    readonly tenantId: number,
    private readonly limit: number,
    failing: boolean,
  ) {
    this.most = failing ? 1 : Math.min(FIRST_PLACES, limit);
    this.slow = failing;
  }

  /** Calls that it may have under way now. */
  get allowed(): number {
    return this.most;
  }

  learn({ durationMs, timedOut, throttled, delivered }: CallEnd): void {
    this.slow = timedOut || durationMs >= SLOW_MS;
    if (timedOut || throttled) this.most = Math.max(1, Math.floor(this.most / 2));
    else if (delivered) this.most = Math.min(this.limit, this.most + 1);
  }
}

/**
 * The calls that one process has under way: not more than `total`, of which one tenant has a fifth and all slow
 * endpoints together half. However many endpoints hang, quick ones find places.
 */
export class Places {
  private running = 0;
  private slowRunning = 0;
  private readonly tenants = new Map<number, number>();
  private readonly perTenant: number;
  private readonly forSlow: number;

  constructor(private readonly total: number) {
    this.perTenant = Math.max(1, Math.floor(total * TENANT_SHARE));
    this.forSlow = Math.max(1, Math.floor(total * SLOW_SHARE));
  }

  get isFull(): boolean {
    return this.running >= this.total;
  }

  /**
   * Takes a place for a call.
   * @returns what gives it back, once; undefined when there is none for this endpoint now
   */
  take(endpoint: EndpointPlaces): (() => void) | undefined {
    const { tenantId, slow } = endpoint;
    const ofTenant = this.tenants.get(tenantId) ?? 0;
    if (this.isFull || endpoint.running >= endpoint.allowed || ofTenant >= this.perTenant) return undefined;
    if (slow && this.slowRunning >= this.forSlow) return undefined;
    this.running += 1;
    endpoint.running += 1;
    this.slowRunning += Number(slow);
    this.tenants.set(tenantId, ofTenant + 1);
    return () => {
      this.running -= 1;
      endpoint.running -= 1;
      this.slowRunning -= Number(slow);
      const left = (this.tenants.get(tenantId) ?? 1) - 1;
      if (left > 0) this.tenants.set(tenantId, left);
      else this.tenants.delete(tenantId);
    };
  }
}
