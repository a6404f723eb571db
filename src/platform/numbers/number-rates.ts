import { type RateSlots, USED_SHARE } from '../queue/rate-slots.js';
import type { NumberState } from './number-states.js';

/** How fast a number may send now. */
export interface NumberRate {
  /** Share of the rate that may be used: below 1 after WhatsApp refused some, or after a restart. */
  factor: number;
  /** Departures a second that are given out. */
  allowedPerSecond: number;
  /** Until when it was told to wait; null: it was not. */
  heldUntil: Date | null;
  /** Its calls hang, and it is tried from time to time. */
  breakerOpen: boolean;
}

/**
 * The rates by number id, asked of Redis all at once; at the latest after two of its time-outs (a second each). Null
 * where it does not answer, which in a Cluster may be so of some numbers only.
 */
export async function numberRates(
  slots: RateSlots,
  numbers: Pick<NumberState, 'numberId' | 'ratePerSecond'>[],
): Promise<Map<number, NumberRate | null>> {
  const rates = await Promise.allSettled(numbers.map((number) => numberRate(slots, number)));
  return new Map(
    numbers.map(({ numberId }, index) => {
      const rate = rates[index];
      return [numberId, rate?.status === 'fulfilled' ? rate.value : null];
    }),
  );
}

async function numberRate(
  slots: RateSlots,
  { numberId, ratePerSecond }: Pick<NumberState, 'numberId' | 'ratePerSecond'>,
): Promise<NumberRate> {
  const state = await slots.state(numberId, ratePerSecond);
  // Redis does not know a number that has not sent since it was emptied; it begins with its whole rate.
  if (!state) return { factor: 1, allowedPerSecond: ratePerSecond * USED_SHARE, heldUntil: null, breakerOpen: false };
  const { factor, allowedPerSecond, heldUntil, breakerOpen } = state;
  // Its clock need not be ours.
  const heldFor = heldUntil === null ? undefined : slots.untilDeparture(numberId, heldUntil);
  return {
    factor,
    allowedPerSecond,
    heldUntil: heldFor === undefined ? null : new Date(Date.now() + heldFor),
    breakerOpen,
  };
}
