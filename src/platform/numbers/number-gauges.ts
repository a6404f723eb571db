import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Gauge } from 'prom-client';
import { Postgres } from '../database/postgres.js';
import { Metrics } from '../metrics/metrics.js';
import { RateSlots } from '../queue/rate-slots.js';
import { COUNTED_UP_TO, numberBacklogs } from './number-counts.js';
import { numberRates } from './number-rates.js';
import { type NumberState, troubledNumbers } from './number-states.js';

/** Numbers that have series of their own: those in most trouble. */
export const NUMBERS_SHOWN = 1000;
/** Of them, numbers whose rate is asked of Redis. */
export const RATES_SHOWN = 200;
/** All backlogs together are counted up to here; a number's always up to 100. */
const COUNTED_IN_ALL = 200_000;
/** Several scrapers cost the database one round of questions in this time. */
const CACHE_MS = 5000;

/**
 * Gauges of the numbers that are in trouble or have messages waiting, read from Postgres and Redis when somebody
 * scrapes. Every process shows the same.
 */
@Injectable()
export class NumberGauges implements OnModuleInit {
  private reading: Promise<void> | null = null;
  private readAt = -Infinity;

  constructor(
    private readonly metrics: Metrics,
    private readonly postgres: Postgres,
    private readonly slots: RateSlots,
  ) {}

  onModuleInit(): void {
    this.metrics.onScrape('numbers', () => {
      if (performance.now() - this.readAt < CACHE_MS) return;
      this.reading ??= this.read().finally(() => (this.reading = null));
      return this.reading;
    });
  }

  private async read(): Promise<void> {
    const states = await troubledNumbers(this.postgres, NUMBERS_SHOWN);
    const sending = states.filter(({ pausedAt }) => pausedAt === null).slice(0, RATES_SHOWN);
    const upTo = Math.max(100, Math.min(COUNTED_UP_TO, Math.floor(COUNTED_IN_ALL / Math.max(states.length, 1))));
    const numberIds = states.map(({ numberId }) => numberId);
    const [backlogs, rates] = await Promise.all([
      numberBacklogs(this.postgres, numberIds, upTo),
      numberRates(this.slots, sending),
    ]);
    this.clear();
    for (const state of states) this.show(state, backlogs.get(state.numberId) ?? 0);
    for (const { numberId, phoneNumberId } of sending) {
      const rate = rates.get(numberId);
      if (!rate) continue;
      this.metrics.numbers.rateFactor.set({ phone_number_id: phoneNumberId }, rate.factor);
      this.metrics.numbers.breakerOpen.set({ phone_number_id: phoneNumberId }, Number(rate.breakerOpen));
    }
    this.readAt = performance.now();
    const silent = sending.filter(({ numberId }) => rates.get(numberId) === null).length;
    if (silent > 0) throw new Error(`Redis did not tell the rates of ${silent} numbers`);
  }

  /** A number that is out of trouble has no series any more. */
  private clear(): void {
    const gauges: Pick<Gauge, 'reset'>[] = Object.values(this.metrics.numbers);
    for (const gauge of gauges) gauge.reset();
  }

  private show(state: NumberState, backlog: number): void {
    const { numbers } = this.metrics;
    const of = { phone_number_id: state.phoneNumberId };
    numbers.backlog.set(of, backlog);
    numbers.oldestAge.set(of, state.oldestAge ?? 0);
    numbers.paused.set(of, state.pausedAt === null ? 0 : 1);
    numbers.unknown.set({ ...of, age: 'under_1m' }, state.unknown.minute);
    numbers.unknown.set({ ...of, age: 'under_15m' }, state.unknown.quarter);
    numbers.unknown.set({ ...of, age: 'older' }, state.unknown.older);
    if (state.tierLimit) numbers.tierUsed.set(of, state.tierUsed / state.tierLimit);
  }
}
