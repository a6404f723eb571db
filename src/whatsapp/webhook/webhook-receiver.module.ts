import { Module } from '@nestjs/common';
import { QueueModule } from '../../platform/queue/queue.module.js';
import { ReceiverBeat } from './receiver/receiver-beat.js';
import { SigningApps } from './receiver/signing-apps.js';
import { WebhookController } from './receiver/webhook.controller.js';
import { WebhookInbox } from './receiver/webhook-inbox.js';
import { WebhookReceiver } from './receiver/webhook-receiver.js';

/** For the API role: takes Meta's calls and stores them raw. */
@Module({
  imports: [QueueModule],
  controllers: [WebhookController],
  providers: [ReceiverBeat, SigningApps, WebhookInbox, WebhookReceiver],
})
export class WebhookReceiverModule {}
