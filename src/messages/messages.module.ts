import { Module } from '@nestjs/common';
import { MediaModule } from '../media/media.module.js';
import { QueueModule } from '../platform/queue/queue.module.js';
import { TemplatesModule } from '../templates/templates.module.js';
import { MessageRepository } from './message.repository.js';
import { MessagesController } from './messages.controller.js';
import { MessagesService } from './messages.service.js';
import { OutboundService } from './outbound/outbound.service.js';
import { OutcomeReader } from './outbound/outcome-reader.js';
import { OutcomeWaiter } from './outbound/outcome-waiter.js';
import { SendReplies } from './send/send-call.js';
import { SendController } from './send/send.controller.js';
import { SendMediaService } from './send/send-media.service.js';
import { SendService } from './send/send.service.js';
import { SendTemplateService } from './send/send-template.service.js';
import { SendWithFileService } from './send/send-with-file.service.js';

/** Sending messages and showing them. */
@Module({
  imports: [MediaModule, QueueModule, TemplatesModule],
  controllers: [SendController, MessagesController],
  exports: [MessagesService],
  providers: [
    MessageRepository,
    MessagesService,
    OutboundService,
    OutcomeReader,
    OutcomeWaiter,
    SendReplies,
    SendService,
    SendMediaService,
    SendTemplateService,
    SendWithFileService,
  ],
})
export class MessagesModule {}
