import type { DueDelivery } from './delivery-store.js';

/**
 * Due deliveries of one endpoint that this process has read, and those of them that it has under way: of each resource
 * one at a time, in the order of their ids. A delivery that waits for its retry is not here, so it holds up nothing.
 */
export class DueDeliveries {
  /** By resource, each in order of id; the first may be under way. */
  private readonly resources = new Map<string, DueDelivery[]>();
  private readonly ids = new Set<number>();
  private readonly underWay = new Set<string>();

  /** Deliveries that were read and have not ended; the next reading leaves them out. */
  get known(): ReadonlySet<number> {
    return this.ids;
  }

  /** How many could begin now. */
  get startable(): number {
    return this.resources.size - this.underWay.size;
  }

  add(deliveries: readonly DueDelivery[]): void {
    for (const delivery of deliveries) {
      if (this.ids.has(delivery.id)) continue;
      this.ids.add(delivery.id);
      const others = this.resources.get(delivery.resource);
      if (!others) this.resources.set(delivery.resource, [delivery]);
      else {
        // One that is under way stays first.
        const from = this.underWay.has(delivery.resource) ? 1 : 0;
        const at = others.findIndex(({ id }, index) => index >= from && id > delivery.id);
        others.splice(at === -1 ? others.length : at, 0, delivery);
      }
    }
  }

  /** The next one to begin, the one that was read first among the resources that have none under way. */
  begin(): DueDelivery | undefined {
    for (const [resource, [first]] of this.resources) {
      if (first === undefined || this.underWay.has(resource)) continue;
      this.underWay.add(resource);
      return first;
    }
    return undefined;
  }

  /** Its outcome is stored, or could not be: then it is read again. */
  end({ id, resource }: DueDelivery): void {
    this.ids.delete(id);
    this.underWay.delete(resource);
    const others = this.resources.get(resource)?.slice(1) ?? [];
    this.resources.delete(resource);
    // Behind the other resources, so that one with many does not keep them waiting.
    if (others.length > 0) this.resources.set(resource, others);
  }

  /** Forgets what has not begun. */
  clear(): void {
    for (const [resource, deliveries] of [...this.resources]) {
      const kept = this.underWay.has(resource) ? deliveries.slice(0, 1) : [];
      for (const { id } of deliveries.slice(kept.length)) this.ids.delete(id);
      if (kept.length > 0) this.resources.set(resource, kept);
      else this.resources.delete(resource);
    }
  }
}
