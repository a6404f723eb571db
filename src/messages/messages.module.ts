import { Module } from '@nestjs/common';
import { MediaModule } from '../media/media.module.js';
import { QueueModule } from '../platform/queue/queue.module.js';
import { MessageRepository } from './message.repository.js';
import { MessagesController } from './messages.controller.js';
import { MessagesService } from './messages.service.js';
import { OutboundService } from './outbound/outbound.service.js';
import { OutcomeReader } from './outbound/outcome-reader.js';
import { OutcomeWaiter } from './outbound/outcome-waiter.js';
import { SendMediaService } from './send-media.service.js';

/** Sending messages and showing them. */
@Module({
  imports: [MediaModule, QueueModule],
  controllers: [MessagesController],
  exports: [MessagesService],
  providers: [MessageRepository, MessagesService, OutboundService, OutcomeReader, OutcomeWaiter, SendMediaService],
})
export class MessagesModule {}
