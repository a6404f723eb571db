import { Injectable } from '@nestjs/common';
import { Log } from '../../../platform/logging/log.js';
import { RateSlots } from '../../../platform/queue/rate-slots.js';
import type { RoutedNumber } from './routes.js';

/** WhatsApp's throughput counts what comes in together with what goes out: stored messages are charged to the rate. */
@Injectable()
export class InboundCharge {
  constructor(
    private readonly slots: RateSlots,
    private readonly log: Log,
  ) {}

  /**
   * Charges one departure for each number given, once they are committed. Nobody waits for it, and while Redis is away
   * nothing is charged: without Redis nothing is sent either.
   */
  charge(numbers: readonly RoutedNumber[]): void {
    const counts = new Map<number, { ratePerSecond: number; count: number }>();
    for (const { numberId, ratePerSecond } of numbers) {
      counts.set(numberId, { ratePerSecond, count: (counts.get(numberId)?.count ?? 0) + 1 });
    }
    for (const [numberId, { ratePerSecond, count }] of counts) {
      this.slots.charge(numberId, ratePerSecond, count).catch((error: unknown) => {
        this.log.debug({ err: error, number_id: numberId, count }, 'inbound messages could not be charged');
      });
    }
  }
}
