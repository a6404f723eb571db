import { Module } from '@nestjs/common';
import { MessagesModule } from '../messages/messages.module.js';
import { ListenerRepository } from './listeners/listener.repository.js';
import { ListenersController } from './listeners/listeners.controller.js';
import { ListenersService } from './listeners/listeners.service.js';
import { PayloadStore } from './payloads/payload-store.js';
import { PayloadWorker } from './payloads/payload-worker.js';
import { PayloadsController } from './payloads/payloads.controller.js';
import { PayloadsService } from './payloads/payloads.service.js';
import { TemplateSends } from './payloads/template-sends.js';
import { CallLimits } from './receiving/call-limits.js';
import { CalledListenerGuard } from './receiving/called-listener.guard.js';
import { DeliveriesController } from './receiving/deliveries.controller.js';
import { DeliveryReceiver } from './receiving/delivery-receiver.js';

/** Stores: their webhooks in, template messages out. */
@Module({
  imports: [MessagesModule],
  controllers: [ListenersController, PayloadsController, DeliveriesController],
  providers: [
    CallLimits,
    CalledListenerGuard,
    DeliveryReceiver,
    ListenerRepository,
    ListenersService,
    PayloadStore,
    PayloadWorker,
    PayloadsService,
    TemplateSends,
  ],
})
export class IntegrationsModule {}
