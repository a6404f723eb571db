import type { Account } from '../world/account.js';
import type { JournalEvent } from './records.js';

type Listener = (event: JournalEvent) => void;
type IdleListener = (account: Account) => void;

/** Tells those who wait, and the page, what happens. Costs next to nothing while nobody listens. */
export class Journal {
  #seq = 0;
  readonly #listeners = new Set<Listener>();
  readonly #idleListeners = new Set<IdleListener>();
  /** Whether bodies of requests and messages are kept. */
  keepBodies = true;

  /** The next sequence number, for a record or an event. */
  nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  get lastSeq(): number {
    return this.#seq;
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  publish(event: JournalEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Something of this account came to its end, and it may be idle now. */
  settled(account: Account): void {
    for (const listener of this.#idleListeners) listener(account);
  }

  /** @returns A function that ends the subscription. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @returns A function that ends the subscription. */
  onSettled(listener: IdleListener): () => void {
    this.#idleListeners.add(listener);
    return () => this.#idleListeners.delete(listener);
  }
}
