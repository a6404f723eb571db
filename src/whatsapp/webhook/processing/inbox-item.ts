import type { WebhookItem } from '../body/items.js';

/** An item with what its raw body adds: who signed it, and when and in which request it came. */
export interface InboxItem<Item extends WebhookItem = WebhookItem> {
  readonly item: Item;
  /** The app that signed; null: the platform's. */
  readonly appId: number | null;
  readonly receivedAt: Date;
  readonly requestId: string;
}

/** What became of an item, as `rasl_webhook_items_total` counts it. */
export type ItemOutcome = 'applied' | 'repeated' | 'parked' | 'foreign' | 'ignored' | 'failed';

/** Counts items by kind and outcome. */
export class ItemCounts {
  private readonly counts = new Map<string, { kind: string; outcome: ItemOutcome; count: number }>();

  add(kind: string, outcome: ItemOutcome, count = 1): void {
    if (count === 0) return;
    const key = `${kind} ${outcome}`;
    const entry = this.counts.get(key);
    if (entry) entry.count += count;
    else this.counts.set(key, { kind, outcome, count });
  }

  addAll(other: ItemCounts): void {
    for (const { kind, outcome, count } of other) this.add(kind, outcome, count);
  }

  [Symbol.iterator](): IterableIterator<{ kind: string; outcome: ItemOutcome; count: number }> {
    return this.counts.values();
  }
}
