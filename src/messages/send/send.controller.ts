import { Controller, Post } from '@nestjs/common';
import { MediaUpload, UploadedMedia } from '../../media/upload/media-upload.js';
import type { MediaForm } from '../../media/upload/uploaded-file.js';
import { ReadsBody } from '../../platform/http/decorators.js';
import type { Reply } from '../../platform/http/reply.js';
import type { SentMediaDto } from '../dto/sent-media.dto.js';
import { CurrentSend, type SendCall, SendReplies } from './send-call.js';
import { SendEndpoint } from './send-endpoint.js';
import { SEND_MEDIA } from './send-media.docs.js';
import { SendMediaService } from './send-media.service.js';

/** `POST /api/v2/messages/…`: one address for each kind of message. */
@Controller('api/v2/messages')
export class SendController {
  constructor(
    private readonly replies: SendReplies,
    private readonly media: SendMediaService,
  ) {}

  @Post('media')
  @ReadsBody('multipart')
  @MediaUpload()
  @SendEndpoint(SEND_MEDIA)
  postMedia(@CurrentSend() call: SendCall, @UploadedMedia() form: MediaForm): Promise<Reply<SentMediaDto>> {
    return this.replies.reply(call, SEND_MEDIA.subject, (context) => this.media.send(form, context));
  }
}
