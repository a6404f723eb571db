import { Module } from '@nestjs/common';
import { DeliveryQueue } from './delivery-queue.js';
import { DeliveryRelease } from './delivery-release.js';
import { InboxSignal } from './inbox-signal.js';
import { OutcomeChannel } from './outcome-channel.js';
import { RateSlots } from './rate-slots.js';

/** Where the API and the workers meet in Redis: the delivery queue, rate slots, outcomes and wake-up calls. */
@Module({
  providers: [DeliveryQueue, DeliveryRelease, InboxSignal, OutcomeChannel, RateSlots],
  exports: [DeliveryQueue, DeliveryRelease, InboxSignal, OutcomeChannel, RateSlots],
})
export class QueueModule {}
