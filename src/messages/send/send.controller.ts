import { Body, Controller, Post } from '@nestjs/common';
import { MediaUpload, UploadedMedia } from '../../media/upload/media-upload.js';
import type { MediaForm } from '../../media/upload/uploaded-file.js';
import { ReadsBody } from '../../platform/http/decorators.js';
import type { Reply } from '../../platform/http/reply.js';
import { SendContactsDto } from '../dto/send-contacts.dto.js';
import { SendLocationDto } from '../dto/send-location.dto.js';
import { SendTextDto } from '../dto/send-text.dto.js';
import type { SentContactsDto } from '../dto/sent-contacts.dto.js';
import type { SentInteractiveDto } from '../dto/sent-interactive.dto.js';
import type { SentLocationDto } from '../dto/sent-location.dto.js';
import type { SentMediaDto } from '../dto/sent-media.dto.js';
import type { SentTemplateDto } from '../dto/sent-template.dto.js';
import type { SentReactionDto } from '../dto/sent-reaction.dto.js';
import type { SentTextDto } from '../dto/sent-text.dto.js';
import { CurrentSend, type SendCall, SendReplies } from './send-call.js';
import { SendEndpoint } from './send-endpoint.js';
import { SEND_CONTACTS, SEND_LOCATION, SEND_REACTION } from './send-other.docs.js';
import { SEND_INTERACTIVE } from './send-interactive.docs.js';
import { SEND_MEDIA } from './send-media.docs.js';
import { SendMediaService } from './send-media.service.js';
import { SEND_TEMPLATE } from './send-template.docs.js';
import { SendTemplateService } from './send-template.service.js';
import { HEADER_FILES } from './template-values.js';
import { SendContactsService } from './send-contacts.service.js';
import { SendInteractiveService } from './send-interactive.service.js';
import { SendLocationService } from './send-location.service.js';
import { SendReactionService } from './send-reaction.service.js';
import { SEND_TEXT } from './send-text.docs.js';
import { SendTextService } from './send-text.service.js';

/** `POST /api/v2/messages/…`: one address for each kind of message. */
@Controller('api/v2/messages')
export class SendController {
  constructor(
    private readonly replies: SendReplies,
    private readonly text: SendTextService,
    private readonly media: SendMediaService,
    private readonly template: SendTemplateService,
    private readonly interactive: SendInteractiveService,
    private readonly location: SendLocationService,
    private readonly contacts: SendContactsService,
    private readonly reaction: SendReactionService,
  ) {}

  @Post('text')
  @SendEndpoint(SEND_TEXT)
  postText(@CurrentSend() call: SendCall, @Body() dto: SendTextDto): Promise<Reply<SentTextDto>> {
    return this.replies.reply(call, SEND_TEXT.subject, (context) => this.text.send(dto, context));
  }

  @Post('media')
  @ReadsBody('multipart')
  @MediaUpload()
  @SendEndpoint(SEND_MEDIA)
  postMedia(@CurrentSend() call: SendCall, @UploadedMedia() form: MediaForm): Promise<Reply<SentMediaDto>> {
    return this.replies.reply(call, SEND_MEDIA.subject, (context) => this.media.send(form, context));
  }

  @Post('template')
  @ReadsBody('multipart')
  @MediaUpload(HEADER_FILES)
  @SendEndpoint(SEND_TEMPLATE)
  postTemplate(@CurrentSend() call: SendCall, @UploadedMedia() form: MediaForm): Promise<Reply<SentTemplateDto>> {
    return this.replies.reply(call, SEND_TEMPLATE.subject, (context) => this.template.send(form, context));
  }

  @Post('interactive')
  @SendEndpoint(SEND_INTERACTIVE)
  postInteractive(@CurrentSend() call: SendCall, @Body() body: unknown): Promise<Reply<SentInteractiveDto>> {
    return this.replies.reply(call, SEND_INTERACTIVE.subject, (context) => this.interactive.send(body, context));
  }

  @Post('location')
  @SendEndpoint(SEND_LOCATION)
  postLocation(@CurrentSend() call: SendCall, @Body() dto: SendLocationDto): Promise<Reply<SentLocationDto>> {
    return this.replies.reply(call, SEND_LOCATION.subject, (context) => this.location.send(dto, context));
  }

  @Post('contacts')
  @SendEndpoint(SEND_CONTACTS)
  postContacts(@CurrentSend() call: SendCall, @Body() dto: SendContactsDto): Promise<Reply<SentContactsDto>> {
    return this.replies.reply(call, SEND_CONTACTS.subject, (context) => this.contacts.send(dto, context));
  }

  @Post('reaction')
  @SendEndpoint(SEND_REACTION)
  postReaction(@CurrentSend() call: SendCall, @Body() body: unknown): Promise<Reply<SentReactionDto>> {
    return this.replies.reply(call, SEND_REACTION.subject, (context) => this.reaction.send(body, context));
  }
}
