import type { DueDelivery, LeasedEndpoint } from './delivery-store.js';
import { DueDeliveries } from './due-deliveries.js';
import { type CallEnd, EndpointPlaces, SLOW_MS } from './places.js';

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
  /** When this process took it, and when something was last due or under way (performance.now()). */
  readonly takenAt = performance.now();
  activeAt = this.takenAt;
  /** Nothing more was due when it was last read: it is not read again before (performance.now()), unless somebody says that there is more. */
  private dryUntil = 0;
  private refillCount = 0;
  private wasRead = false;
  private current: LeasedEndpoint;
  /** Beginnings of the calls under way (performance.now()), the oldest first. */
  private readonly calls = new Set<{ readonly since: number }>();
  private hasCalled = false;
  private restsUntil = -Infinity;
  private isFaulty = false;
  private leaving = false;

  /** @param troubled it was set aside as one that fails or is slow */
  constructor(endpoint: LeasedEndpoint, limit: number, troubled: boolean) {
    this.current = endpoint;
    this.lastFailed = endpoint.failing_since !== null;
    this.places = new EndpointPlaces(endpoint.tenant_id, limit, this.lastFailed || troubled);
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

  /** Whether deliveries to it may begin. */
  mayBegin(now: number): boolean {
    return this.current.is_active && !this.leaving && now >= this.restsUntil;
  }

  /**
   * It fails, is slow, has not answered for so long that it is slow, or rests: it shares what there is for its kind,
   * and nothing of what there is for endpoints that answer.
   */
  isTroubled(now: number): boolean {
    const [oldest] = this.calls;
    const hangs = oldest !== undefined && now - oldest.since >= SLOW_MS;
    return hangs || this.failing || this.places.slow || now < this.restsUntil;
  }

  /** Whether a call was begun since it was taken. */
  get hadTurn(): boolean {
    return this.hasCalled;
  }

  /** Begins nothing more: once the calls under way have ended, another endpoint has its place. */
  leave(): void {
    this.leaving = true;
    this.due.clear();
  }

  get isLeaving(): boolean {
    return this.leaving;
  }

  /** A call begins. @returns to be called when it has ended */
  call(now: number): () => void {
    const call = { since: now };
    this.calls.add(call);
    this.hasCalled = true;
    return () => this.calls.delete(call);
  }

  /**
   * Something on our side keeps its deliveries from being made or stored, which the next one would meet, too: none
   * begins until `until` (performance.now()).
   * @returns whether this is the first time since a delivery went well
   */
  rest(until: number): boolean {
    const isNews = !this.isFaulty;
    this.isFaulty = true;
    this.restsUntil = until;
    return isNews;
  }

  /** An outcome is stored. */
  stored(): void {
    this.isFaulty = false;
  }

  /** How long it is still to rest, milliseconds. */
  restMs(now: number): number {
    return Math.max(0, this.restsUntil - now);
  }

  /** How many deliveries to read; 0: none now. */
  get room(): number {
    const now = performance.now();
    if (now < this.dryUntil || !this.mayBegin(now)) return 0;
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
    this.wasRead = true;
    if (deliveries.length > 0) this.activeAt = performance.now();
    if (this.current.is_active && !this.leaving) this.due.add(deliveries);
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

  /** Nothing is under way, and it is leaving, or nothing was due for so long that another process may have it. */
  isIdle(now: number, afterMs: number): boolean {
    if (this.due.known.size > 0) return false;
    if (this.leaving || !this.current.is_active) return true;
    return this.wasRead && now >= this.restsUntil && now - this.activeAt >= afterMs;
  }
}
