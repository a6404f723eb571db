import { isContention, isServerError } from './database-errors.js';
import { GroupSpacing } from './group-spacing.js';

export interface GroupedWriterOptions<Item, Result> {
  /**
   * Writes all items in ONE transaction and answers one result for each, in the same order. When it rejects, nothing
   * of the group may have been written.
   */
  write: (items: Item[]) => Promise<Result[]>;
  /** Whose item this is: fairness and isolation are per tenant. */
  tenantOf: (item: Item) => number;
  /** Items in one group at most. One tenant fills at most half of it. */
  maxItems?: number;
  /**
   * Beside what the database refuses: errors of `write` after which the parts of the group shall be run by themselves.
   * Nothing of the group may have been written then.
   */
  splitsOn?: (error: unknown) => boolean;
  /** Groups under way at once. */
  maxInFlight?: number;
  /**
   * Least time between the beginnings of two groups, milliseconds; default 0. An item after a pause is still written
   * at once, but a steady stream makes groups of a useful size. See {@link GroupSpacing}.
   */
  spacingMs?: number;
}

interface Waiting<Item, Result> {
  item: Item;
  /** How often it met contention, and since when (performance.now()). */
  contentions: number;
  contendedSince: number;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/** A tenant that met contention: it writes by itself until it gets through. */
interface Apart<Item, Result> {
  queue: Waiting<Item, Result>[];
  /** Items in its next group at most: fewer after each failure, so that one locked row is soon alone. */
  size: number;
  failures: number;
  /** When it may try again (performance.now()). */
  notBefore: number;
  running: boolean;
}

/** A lone item is tried so often again, and any item for so long. */
const CONTENTION_RETRIES = 5;
const CONTENTION_MS = 2000;
/** Groups of tenants apart under way at once, beside all others. */
const APART_IN_FLIGHT = 2;
const APART_STEP = 4;

/**
 * Writes what arrives together in one statement. A lone item is written at once; items that arrive while a group is
 * under way form the next one, so groups grow with the load and nobody waits for a timer.
 *
 * A group that the database refuses is run again per tenant, then per item, so that a bad item costs only itself.
 * When the connection was lost the group is not run again, because its COMMIT may have happened: every caller gets
 * the error.
 *
 * After a lock time-out or a deadlock the group's tenants are set apart: each tries again by itself, after a pause, in
 * ever smaller groups, until it gets through. Meanwhile the others go on without it: a row that is locked for seconds
 * costs them one lock time-out.
 */
export class GroupedWriter<Item, Result> {
  private readonly queues = new Map<number, Waiting<Item, Result>[]>();
  private readonly write: (items: Item[]) => Promise<Result[]>;
  private readonly tenantOf: (item: Item) => number;
  private readonly splitsOn: (error: unknown) => boolean;
  private readonly maxItems: number;
  private readonly maxInFlight: number;
  private readonly spacing: GroupSpacing;
  /** One tenant fills at most half a group. */
  private readonly perTenant: number;
  private inFlight = 0;
  private readonly apart = new Map<number, Apart<Item, Result>>();
  private apartInFlight = 0;
  private apartTimer?: NodeJS.Timeout;
  /** Some tenant has all the items waiting that a group may have of it: there is nothing to be gained by waiting. */
  private full = false;
  /** The next group's beginning. */
  private next?: { timer: NodeJS.Timeout | null };
  private idle: (() => void)[] = [];

  constructor(options: GroupedWriterOptions<Item, Result>) {
    this.write = options.write;
    this.tenantOf = options.tenantOf;
    this.splitsOn = options.splitsOn ?? (() => false);
    this.maxItems = options.maxItems ?? 200;
    this.perTenant = Math.max(1, Math.floor(this.maxItems / 2));
    this.maxInFlight = options.maxInFlight ?? 2;
    this.spacing = new GroupSpacing(options.spacingMs ?? 0);
  }

  /** Resolves with this item's result once its group is committed. */
  add(item: Item): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const tenant = this.tenantOf(item);
      const waiting = { item, contentions: 0, contendedSince: 0, resolve, reject };
      const apart = this.apart.get(tenant);
      if (apart) apart.queue.push(waiting);
      else {
        const queue = this.queues.get(tenant);
        if (queue) queue.push(waiting);
        else this.queues.set(tenant, [waiting]);
        if (queue && queue.length >= this.perTenant) this.full = true;
        this.spacing.came(tenant, this.inFlight >= this.maxInFlight);
      }
      this.schedule();
      this.scheduleApart();
    });
  }

  /** Resolves when everything added so far is written. */
  async drain(): Promise<void> {
    if (this.isIdle()) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private schedule(): void {
    const { hurried } = this.spacing;
    if (this.inFlight >= this.maxInFlight + Number(hurried) || this.queues.size === 0) return;
    const waitMs = this.full ? 0 : this.spacing.waitMs;
    if (this.next) {
      if (waitMs > 0 || this.next.timer === null) return;
      clearTimeout(this.next.timer);
    }
    const begin = (): void => {
      this.next = undefined;
      this.spacing.begins();
      void this.flush();
    };
    // What else arrives until then, at least in this turn of the event loop, joins the group.
    this.next = { timer: waitMs > 0 ? setTimeout(begin, waitMs) : null };
    if (this.next.timer === null) setImmediate(begin);
  }

  private async flush(): Promise<void> {
    const group = this.takeGroup();
    if (group.length === 0) return;
    this.inFlight += 1;
    this.schedule();
    try {
      await this.run(group);
    } finally {
      this.inFlight -= 1;
      this.schedule();
      this.tellIdle();
    }
  }

  private isIdle(): boolean {
    const works = this.inFlight > 0 || this.apartInFlight > 0 || this.queues.size > 0;
    return !works && [...this.apart.values()].every(({ queue }) => queue.length === 0);
  }

  private tellIdle(): void {
    if (this.idle.length > 0 && this.isIdle()) for (const resolve of this.idle.splice(0)) resolve();
  }

  /** Round-robin over tenants, oldest first within one. */
  private takeGroup(): Waiting<Item, Result>[] {
    const { perTenant } = this;
    const group: Waiting<Item, Result>[] = [];
    for (const [tenant, queue] of [...this.queues]) {
      const room = Math.min(perTenant, this.maxItems - group.length);
      if (room <= 0) break;
      group.push(...queue.splice(0, room));
      this.queues.delete(tenant);
      // A tenant with more goes behind the others.
      if (queue.length > 0) this.queues.set(tenant, queue);
    }
    this.full = [...this.queues.values()].some(({ length }) => length >= perTenant);
    return group;
  }

  private async run(group: Waiting<Item, Result>[]): Promise<void> {
    let results: Result[];
    try {
      results = await this.write(group.map((waiting) => waiting.item));
    } catch (error) {
      if (isContention(error)) this.setApart(group, error);
      else if (group.length > 1 && (isServerError(error) || this.splitsOn(error))) {
        for (const part of this.split(group)) await this.run(part);
      } else {
        for (const waiting of group) waiting.reject(error);
      }
      return;
    }
    if (this.apart.size > 0) for (const tenant of this.byTenant(group).keys()) this.letBack(tenant);
    group.forEach((waiting, index) => {
      const result = results[index];
      if (index < results.length) waiting.resolve(result as Result);
      else waiting.reject(new Error(`A group of ${group.length} items was answered with ${results.length} results`));
    });
  }

  /** Nobody can say whose row it was: each tenant of the group tries again by itself, those that were alone later. */
  private setApart(group: Waiting<Item, Result>[], error: unknown): void {
    const now = performance.now();
    const parts = this.byTenant(group);
    for (const [tenant, part] of parts) {
      const known = this.apart.get(tenant);
      const state = known ?? {
        queue: this.queues.get(tenant) ?? [],
        size: this.perTenant,
        failures: 0,
        notBefore: now,
        running: false,
      };
      this.queues.delete(tenant);
      this.apart.set(tenant, state);
      if (parts.size === 1) {
        state.failures += 1;
        state.size = Math.max(1, Math.floor(Math.min(state.size, part.length) / APART_STEP));
        state.notBefore = now + 10 + Math.random() * 40 * state.failures;
      }
      for (const waiting of part) {
        if (waiting.contentions === 0) waiting.contendedSince = now;
        waiting.contentions += 1;
      }
      const isOver = ({ contentions, contendedSince }: Waiting<Item, Result>): boolean =>
        (part.length === 1 && contentions > CONTENTION_RETRIES) || now - contendedSince > CONTENTION_MS;
      for (const waiting of part.filter(isOver)) waiting.reject(error);
      const again = part.filter((waiting) => !isOver(waiting));
      // In order of arrival; but what failed by itself goes behind the tenant's others.
      state.queue = parts.size > 1 ? [...again, ...state.queue] : [...state.queue, ...again];
    }
    this.scheduleApart();
  }

  /** The tenant got through. It joins the others again once nothing of it is left that met contention. */
  private letBack(tenant: number): void {
    const state = this.apart.get(tenant);
    if (!state) return;
    state.failures = 0;
    state.notBefore = 0;
    if (state.queue.some(({ contentions }) => contentions > 0)) return;
    this.apart.delete(tenant);
    if (state.queue.length > 0) this.queues.set(tenant, state.queue);
    this.schedule();
  }

  private scheduleApart(): void {
    clearTimeout(this.apartTimer);
    if (this.apart.size === 0) return;
    const now = performance.now();
    let soonest = Infinity;
    for (const [tenant, state] of [...this.apart]) {
      if (this.apartInFlight >= APART_IN_FLIGHT) return;
      if (state.running || state.queue.length === 0) continue;
      if (state.notBefore > now) soonest = Math.min(soonest, state.notBefore);
      else void this.flushApart(tenant, state);
    }
    if (soonest < Infinity) this.apartTimer = setTimeout(() => this.scheduleApart(), Math.ceil(soonest - now));
  }

  private async flushApart(tenant: number, state: Apart<Item, Result>): Promise<void> {
    this.apartInFlight += 1;
    state.running = true;
    // Behind the others that are apart.
    this.apart.delete(tenant);
    this.apart.set(tenant, state);
    try {
      await this.run(state.queue.splice(0, state.size));
    } finally {
      this.apartInFlight -= 1;
      state.running = false;
      this.scheduleApart();
      this.tellIdle();
    }
  }

  private byTenant(group: Waiting<Item, Result>[]): Map<number, Waiting<Item, Result>[]> {
    const tenants = new Map<number, Waiting<Item, Result>[]>();
    for (const waiting of group) {
      const tenant = this.tenantOf(waiting.item);
      const part = tenants.get(tenant);
      if (part) part.push(waiting);
      else tenants.set(tenant, [waiting]);
    }
    return tenants;
  }

  private split(group: Waiting<Item, Result>[]): Waiting<Item, Result>[][] {
    const tenants = this.byTenant(group);
    return tenants.size > 1 ? [...tenants.values()] : group.map((waiting) => [waiting]);
  }
}
