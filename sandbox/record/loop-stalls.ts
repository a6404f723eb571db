import { realNow } from '../clock/sandbox-clock.js';
import { Ring } from './ring.js';

/** How often the loop is looked at, milliseconds. */
const TICK_MS = 10;
/** Ticks further apart than this are a stall, milliseconds. */
const STALL_FROM_MS = 25;
const KEPT = 20_000;

/** A time in which this process did not get round to anything. Milliseconds since 1970, real time. */
export interface LoopStall {
  readonly from: number;
  readonly until: number;
}

/**
 * Notes when this process was kept from its work: by work of its own, or by a machine that let it wait. What arrived
 * meanwhile is stamped with the end of the stall, so a witness who counts arrivals by their stamps must know of it.
 */
export class LoopStalls {
  readonly #stalls = new Ring<LoopStall>(KEPT);
  readonly #timer: NodeJS.Timeout;
  #last = realNow();

  constructor() {
    this.#timer = setInterval(() => this.#look(), TICK_MS);
    this.#timer.unref();
  }

  /** The stalls so far, the oldest first. */
  list(): LoopStall[] {
    this.#look();
    return [...this.#stalls];
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = realNow();
    if (now - this.#last >= STALL_FROM_MS) this.#stalls.push({ from: this.#last, until: now });
    this.#last = now;
  }
}
