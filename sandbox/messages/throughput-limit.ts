/** A first-in-first-out list of times that gives back its room as it empties. */
class TimeQueue {
  #times: number[] = [];
  #head = 0;

  get length(): number {
    return this.#times.length - this.#head;
  }

  push(time: number): void {
    this.#times.push(time);
  }

  dropUntil(time: number): void {
    const times = this.#times;
    let head = this.#head;
    for (let first = times[head]; first !== undefined && first <= time; first = times[head]) head += 1;
    if (head > 4096 && head * 2 > times.length) {
      this.#times = times.slice(head);
      head = 0;
    }
    this.#head = head;
  }
}

const SECOND_MS = 1000;

/**
 * The number's throughput: messages in and out within any sliding second (WhatsApp, "Throughput": 80 by
 * default, 1,000 after the upgrade). Only accepted sends count; inbound messages count but are never refused.
 */
export class ThroughputLimit {
  #sends = new TimeQueue();
  #inbound = new TimeQueue();
  /** The most accepted sends that ever fell into one sliding second. */
  maxSendsPerSecond = 0;

  constructor(public perSecond: number) {}

  /** Whether one more send at `now` stays within the limit. */
  allows(now: number): boolean {
    this.#sends.dropUntil(now - SECOND_MS);
    this.#inbound.dropUntil(now - SECOND_MS);
    return this.#sends.length + this.#inbound.length < this.perSecond;
  }

  recordSend(now: number): void {
    this.#sends.dropUntil(now - SECOND_MS);
    this.#sends.push(now);
    if (this.#sends.length > this.maxSendsPerSecond) this.maxSendsPerSecond = this.#sends.length;
  }

  recordInbound(now: number): void {
    this.#inbound.push(now);
  }

  reset(): void {
    this.#sends = new TimeQueue();
    this.#inbound = new TimeQueue();
    this.maxSendsPerSecond = 0;
  }
}
