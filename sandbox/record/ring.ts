/** Keeps the last `capacity` items; room is taken as it is needed. */
export class Ring<T> {
  #items: T[] = [];
  #next = 0;

  constructor(readonly capacity: number) {}

  get length(): number {
    return this.#items.length;
  }

  push(item: T): void {
    if (this.#items.length < this.capacity) {
      this.#items.push(item);
      return;
    }
    this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.capacity;
  }

  /** From the oldest to the newest. */
  *[Symbol.iterator](): IterableIterator<T> {
    const count = this.#items.length;
    for (let index = 0; index < count; index++) {
      const item = this.#items[(this.#next + index) % count];
      if (item !== undefined) yield item;
    }
  }

  clear(): void {
    this.#items = [];
    this.#next = 0;
  }
}
