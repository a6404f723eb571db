import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Settings } from '../../platform/config/settings.js';

/** Share of a process' places that one number may have. */
const SHARE_OF_NUMBER = 0.2;
/** A number has no use for more than what leaves in this time, seconds. */
const SECONDS_OF_NUMBER = 2;
/** Rates that are remembered; of a forgotten one the share alone is the bound. */
const MAX_RATES = 10_000;

/**
 * Bounds how many messages are in work at once, in this process and for each number. A number that is full gets no
 * place, and does not wait for one either: a tenant whose calls hang must not stand before the others. Who comes when
 * all places are taken waits in order of arrival, and counts for the number's bound while it waits.
 */
@Injectable()
export class InFlight {
  private readonly places: number;
  private readonly share: number;
  private taken = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly ofNumber = new Map<number, number>();
  private readonly rates = new LRUCache<number, number>({ max: MAX_RATES });

  constructor({ DELIVERY_CONCURRENCY }: Settings) {
    this.places = DELIVERY_CONCURRENCY;
    this.share = Math.max(1, Math.floor(DELIVERY_CONCURRENCY * SHARE_OF_NUMBER));
  }

  /** What WhatsApp allows the number a second, as the database says. */
  learn(numberId: number, ratePerSecond: number): void {
    this.rates.set(numberId, ratePerSecond);
  }

  /** Places that nobody has or waits for. */
  get free(): number {
    return Math.max(0, this.places - this.taken - this.waiting.length);
  }

  /** How many more messages of the number may come. */
  room(numberId: number): number {
    const rate = this.rates.get(numberId) ?? Infinity;
    const bound = Math.max(1, Math.min(this.share, Math.floor(rate * SECONDS_OF_NUMBER)));
    return Math.max(0, bound - (this.ofNumber.get(numberId) ?? 0));
  }

  /** True: there is a place, and it needs one {@link leave}. False, at once: the number has its share already. */
  async enter(numberId: number): Promise<boolean> {
    if (this.room(numberId) === 0) return false;
    this.ofNumber.set(numberId, (this.ofNumber.get(numberId) ?? 0) + 1);
    if (this.taken < this.places) this.taken += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    return true;
  }

  /** Gives the place to the next in line. */
  leave(numberId: number): void {
    const others = (this.ofNumber.get(numberId) ?? 0) - 1;
    if (others > 0) this.ofNumber.set(numberId, others);
    else this.ofNumber.delete(numberId);
    const next = this.waiting.shift();
    if (next) next();
    else this.taken -= 1;
  }
}
