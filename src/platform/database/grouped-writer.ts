import { setTimeout as pause } from 'node:timers/promises';
import { isContention, isServerError } from './database-errors.js';

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
   * at once, but a steady stream makes groups of a useful size.
   */
  spacingMs?: number;
}

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

const CONTENTION_RETRIES = 5;

/**
 * Writes what arrives together in one statement. A lone item is written at once; items that arrive while a group is
 * under way form the next one, so groups grow with the load and nobody waits for a timer.
 *
 * A group that the database refuses is run again per tenant, then per item, so that a bad item costs only itself.
 * When the connection was lost the group is not run again, because its COMMIT may have happened: every caller gets
 * the error.
 */
export class GroupedWriter<Item, Result> {
  private readonly queues = new Map<number, Waiting<Item, Result>[]>();
  private readonly write: (items: Item[]) => Promise<Result[]>;
  private readonly tenantOf: (item: Item) => number;
  private readonly splitsOn: (error: unknown) => boolean;
  private readonly maxItems: number;
  private readonly maxInFlight: number;
  private readonly spacingMs: number;
  private flushedAt = -Infinity;
  private inFlight = 0;
  private scheduled = false;
  private idle: (() => void)[] = [];

  constructor(options: GroupedWriterOptions<Item, Result>) {
    this.write = options.write;
    this.tenantOf = options.tenantOf;
    this.splitsOn = options.splitsOn ?? (() => false);
    this.maxItems = options.maxItems ?? 200;
    this.maxInFlight = options.maxInFlight ?? 2;
    this.spacingMs = options.spacingMs ?? 0;
  }

  /** Resolves with this item's result once its group is committed. */
  add(item: Item): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const tenant = this.tenantOf(item);
      const queue = this.queues.get(tenant);
      if (queue) queue.push({ item, resolve, reject });
      else this.queues.set(tenant, [{ item, resolve, reject }]);
      this.schedule();
    });
  }

  /** Resolves when everything added so far is written. */
  async drain(): Promise<void> {
    if (this.inFlight === 0 && this.queues.size === 0) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private schedule(): void {
    if (this.scheduled || this.inFlight >= this.maxInFlight || this.queues.size === 0) return;
    this.scheduled = true;
    const begin = (): void => {
      this.scheduled = false;
      this.flushedAt = performance.now();
      void this.flush();
    };
    const wait = this.flushedAt + this.spacingMs - performance.now();
    // What else arrives until then, at least in this turn of the event loop, joins the group.
    if (wait > 0) setTimeout(begin, wait);
    else setImmediate(begin);
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
      if (this.inFlight === 0 && this.queues.size === 0) {
        for (const resolve of this.idle.splice(0)) resolve();
      }
    }
  }

  /** Round-robin over tenants, oldest first within one. */
  private takeGroup(): Waiting<Item, Result>[] {
    const perTenant = Math.max(1, Math.floor(this.maxItems / 2));
    const group: Waiting<Item, Result>[] = [];
    for (const [tenant, queue] of [...this.queues]) {
      const room = Math.min(perTenant, this.maxItems - group.length);
      if (room <= 0) break;
      group.push(...queue.splice(0, room));
      this.queues.delete(tenant);
      // A tenant with more goes behind the others.
      if (queue.length > 0) this.queues.set(tenant, queue);
    }
    return group;
  }

  private async run(group: Waiting<Item, Result>[], contentions = 0): Promise<void> {
    let results: Result[];
    try {
      results = await this.write(group.map((waiting) => waiting.item));
    } catch (error) {
      if (group.length > 1 && (isServerError(error) || this.splitsOn(error))) {
        for (const part of this.split(group)) await this.run(part);
      } else if (isContention(error) && contentions < CONTENTION_RETRIES) {
        await pause(10 + Math.random() * 40 * (contentions + 1));
        await this.run(group, contentions + 1);
      } else {
        for (const waiting of group) waiting.reject(error);
      }
      return;
    }
    group.forEach((waiting, index) => {
      const result = results[index];
      if (index < results.length) waiting.resolve(result as Result);
      else waiting.reject(new Error(`A group of ${group.length} items was answered with ${results.length} results`));
    });
  }

  private split(group: Waiting<Item, Result>[]): Waiting<Item, Result>[][] {
    const tenants = new Map<number, Waiting<Item, Result>[]>();
    for (const waiting of group) {
      const tenant = this.tenantOf(waiting.item);
      const part = tenants.get(tenant);
      if (part) part.push(waiting);
      else tenants.set(tenant, [waiting]);
    }
    return tenants.size > 1 ? [...tenants.values()] : group.map((waiting) => [waiting]);
  }
}
