import { Module } from '@nestjs/common';
import { MediaModule } from '../media/media.module.js';
import { QueueModule } from '../platform/queue/queue.module.js';
import { WhatsappClientModule } from '../whatsapp/client/whatsapp-client.module.js';
import { AttemptStore } from './attempts/attempt-store.js';
import { DeliveryWorker } from './delivery-worker.js';
import { LanesModule } from './lanes/lanes.module.js';
import { OutgoingMedia } from './media/outgoing-media.js';
import { Feeder } from './recovery/feeder.js';
import { RecoveryLoop } from './recovery/recovery-loop.js';
import { SlotRenewal } from './slots/slot-renewal.js';
import { InFlight } from './work/in-flight.js';
import { JobRunner } from './work/job-runner.js';
import { MessagingPlaces } from './tier/messaging-places.js';
import { MessagePreparation } from './work/message-preparation.js';
import { MessageSender } from './work/message-sender.js';
import { NumberBreakers } from './work/number-breakers.js';
import { Pace } from './work/pace.js';

/** The worker's part of sending: from a released message to its outcome, and from a due row to its release. */
@Module({
  imports: [QueueModule, LanesModule, MediaModule, WhatsappClientModule],
  providers: [
    AttemptStore,
    DeliveryWorker,
    Feeder,
    InFlight,
    JobRunner,
    MessagePreparation,
    MessageSender,
    MessagingPlaces,
    NumberBreakers,
    OutgoingMedia,
    Pace,
    RecoveryLoop,
    SlotRenewal,
  ],
})
export class DeliveryModule {}
