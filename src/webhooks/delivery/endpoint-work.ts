import type { DueDelivery, LeasedEndpoint } from './delivery-store.js';
import { DueDeliveries } from './due-deliveries.js';
import { type CallEnd, EndpointPlaces } from './places.js';

/** So many deliveries are read ahead for each call that the endpoint may have under way. */
const READ_AHEAD = 8;
/** When less than this many for each call could begin, more are read. */
const LOW_WATER = 2;
/** Read ahead at most, when few resources have many deliveries each. */
const MOST_READ = 400;

/** How soon a retry is found that has become due meanwhile, milliseconds. */
const DRY_MS = 240;

/** One endpoint that this process delivers to: what it has read for it, and how it answers. */
export class EndpointWork {
  readonly due = new DueDeliveries();
  readonly places: EndpointPlaces;
  private lastFailed: boolean;
  /** When something was last due or under way (performance.now()). */
  activeAt = performance.now();
  /** Nothing more was due when it was last read: it is not read again before (performance.now()), unless somebody says that there is more. */
  private dryUntil = 0;
  private refillCount = 0;
  private current: LeasedEndpoint;

  constructor(endpoint: LeasedEndpoint, limit: number) {
    this.current = endpoint;
    this.lastFailed = endpoint.failing_since !== null;
    this.places = new EndpointPlaces(endpoint.tenant_id, limit, this.lastFailed);
  }

  /**
   * Its last delivery failed, or it is marked so: of calls that run at once, one may have succeeded since, which began
   * before the failure and ended before the mark was read.
   */
  get failing(): boolean {
    return this.lastFailed || this.current.failing_since !== null;
  }

  get endpoint(): LeasedEndpoint {
    return this.current;
  }

  /** The endpoint was changed: what has not begun goes to where it points now, or waits while it is disabled. */
  change(endpoint: LeasedEndpoint): void {
    this.current = endpoint;
    if (!endpoint.is_active) this.due.clear();
  }

  /** How many deliveries to read; 0: none now. */
  get room(): number {
    if (performance.now() < this.dryUntil || !this.current.is_active) return 0;
    const { allowed } = this.places;
    if (this.due.startable >= allowed * LOW_WATER) return 0;
    return Math.max(0, Math.min(MOST_READ - this.due.known.size, allowed * READ_AHEAD));
  }

  /**
   * Takes what was read; less than there was room for means that nothing more is due, unless somebody said meanwhile
   * that there is.
   * @param begun {@link refills} when the reading began
   */
  read(deliveries: readonly DueDelivery[], room: number, begun: number): void {
    const isDry = deliveries.length < room && this.refillCount === begun;
    this.dryUntil = isDry ? performance.now() + DRY_MS : 0;
    if (deliveries.length > 0) this.activeAt = performance.now();
    if (this.current.is_active) this.due.add(deliveries);
  }

  /** Something may be due. */
  refill(): void {
    this.refillCount += 1;
    this.dryUntil = 0;
  }

  /** How often that was said. */
  get refills(): number {
    return this.refillCount;
  }

  /** An attempt ended. */
  learn(end: CallEnd): void {
    this.activeAt = performance.now();
    this.places.learn(end);
    this.lastFailed = !end.delivered;
  }

  /** Nothing was due for so long that another process may have it. */
  isIdle(now: number, afterMs: number): boolean {
    return this.due.known.size === 0 && (!this.current.is_active || now - this.activeAt >= afterMs);
  }
}
