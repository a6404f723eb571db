import { Module } from '@nestjs/common';
import { IdentityHashesModule } from '../contacts/erase/identity-hashes.module.js';
import { CancelModule } from '../delivery/cancel/cancel.module.js';
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
import { SendContactsService } from './send/send-contacts.service.js';
import { SendInteractiveService } from './send/send-interactive.service.js';
import { SendLocationService } from './send/send-location.service.js';
import { SendMediaService } from './send/send-media.service.js';
import { SendReactionService } from './send/send-reaction.service.js';
import { SentAnswers } from './send/sent-answers.js';
import { SendService } from './send/send.service.js';
import { SendTemplateService } from './send/send-template.service.js';
import { SendWithFileService } from './send/send-with-file.service.js';
import { SendTextService } from './send/send-text.service.js';

/** Sending messages and showing them. */
@Module({
  imports: [CancelModule, IdentityHashesModule, MediaModule, QueueModule, TemplatesModule],
  controllers: [SendController, MessagesController],
  exports: [MessagesService, SendReplies, SendService, SendTemplateService],
  providers: [
    MessageRepository,
    MessagesService,
    OutboundService,
    OutcomeReader,
    OutcomeWaiter,
    SendReplies,
    SendService,
    SendTextService,
    SendMediaService,
    SendTemplateService,
    SendWithFileService,
    SendInteractiveService,
    SendLocationService,
    SendContactsService,
    SendReactionService,
    SentAnswers,
  ],
})
export class MessagesModule {}
