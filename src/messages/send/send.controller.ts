import { Controller, Post } from '@nestjs/common';
import { MediaUpload, UploadedMedia } from '../../media/upload/media-upload.js';
import type { MediaForm } from '../../media/upload/uploaded-file.js';
import { ReadsBody } from '../../platform/http/decorators.js';
import type { Reply } from '../../platform/http/reply.js';
import type { SentMediaDto } from '../dto/sent-media.dto.js';
import type { SentTemplateDto } from '../dto/sent-template.dto.js';
import { CurrentSend, type SendCall, SendReplies } from './send-call.js';
import { SendEndpoint } from './send-endpoint.js';
import { SEND_MEDIA } from './send-media.docs.js';
import { SendMediaService } from './send-media.service.js';
import { SEND_TEMPLATE } from './send-template.docs.js';
import { SendTemplateService } from './send-template.service.js';
import { HEADER_FILES } from './template-values.js';

/** `POST /api/v2/messages/…`: one address for each kind of message. */
@Controller('api/v2/messages')
export class SendController {
  constructor(
    private readonly replies: SendReplies,
    private readonly media: SendMediaService,
    private readonly template: SendTemplateService,
  ) {}

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
}
