import { Module } from '@nestjs/common';
import { MediaModule } from '../media/media.module.js';
import { DeliveriesController } from './deliveries/deliveries.controller.js';
import { DeliveriesService } from './deliveries/deliveries.service.js';
import { ReplaysModule } from './deliveries/replays.module.js';
import { EndpointsModule } from './endpoints/endpoints.module.js';
import { WebhookTestsService } from './endpoints/webhook-tests.service.js';
import { WebhooksController } from './endpoints/webhooks.controller.js';
import { WebhooksService } from './endpoints/webhooks.service.js';

/** For the API: endpoints and what was delivered to them. */
@Module({
  imports: [EndpointsModule, MediaModule, ReplaysModule],
  controllers: [WebhooksController, DeliveriesController],
  providers: [DeliveriesService, WebhookTestsService, WebhooksService],
})
export class WebhooksModule {}
