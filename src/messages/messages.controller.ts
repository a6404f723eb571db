import { Controller, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import type { Request } from 'express';
import { RequireScopes } from '../auth-scopes/decorators.js';
import { MediaUpload, UploadedMedia } from '../media/upload/media-upload.js';
import type { MediaForm } from '../media/upload/uploaded-file.js';
import { Settings } from '../platform/config/settings.js';
import { CurrentTenant, ReadsBody, RequestId } from '../platform/http/decorators.js';
import {
  apiError,
  ApiEnvelope,
  ApiErrors,
  ApiIdParameter,
  ApiPreferHeader,
  ApiRequestBody,
  ApiTenantEndpoint,
} from '../platform/http/openapi/api-endpoint.js';
import { Reply } from '../platform/http/reply.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { ApiListEndpoint } from '../platform/pagination/api-list-endpoint.js';
import { ListQuery } from '../platform/pagination/list-query.js';
import { Lists } from '../platform/pagination/lists.js';
import { listReply } from '../platform/pagination/pagination.js';
import { MessageDto } from './dto/message.dto.js';
import { SentMediaDto } from './dto/sent-media.dto.js';
import { MESSAGE_LIST } from './list/message-list.js';
import { GET_MESSAGE, LIST_MESSAGES, LIST_MESSAGES_ALIAS, SEND_MEDIA, SEND_MEDIA_BODIES } from './messages.docs.js';
import { MessagesService } from './messages.service.js';
import { readPreference } from './outbound/prefer.js';
import { SendMediaService } from './send-media.service.js';

/** `/api/v2/messages`: sending, and looking a message up. */
@Controller('api/v2/messages')
export class MessagesController {
  constructor(
    private readonly settings: Settings,
    private readonly sendMedia: SendMediaService,
    private readonly messages: MessagesService,
    private readonly lists: Lists,
  ) {}

  @Post('media')
  @HttpCode(200)
  @RequireScopes('messages:send')
  @ReadsBody('multipart')
  @MediaUpload()
  @ApiTenantEndpoint(SEND_MEDIA)
  @ApiPreferHeader()
  @ApiRequestBody(SEND_MEDIA_BODIES)
  @ApiEnvelope(SentMediaDto, { message: 'Media message sent successfully', headers: ['Preference-Applied'] })
  @ApiErrors(
    apiError('FEATURE_LIMIT_EXCEEDED', { when: "A new contact or conversation does not fit the plan's limit." }),
    'CONTACT_OPTED_OUT',
    apiError('NOT_FOUND', { when: 'There is no contact with this contact_id.' }),
    'VALIDATION_ERROR',
    'WHATSAPP_NOT_CONFIGURED',
    'SERVICE_WINDOW_CLOSED',
    'PAYLOAD_TOO_LARGE',
    'MESSAGE_SEND_FAILED',
  )
  async postMedia(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @RequestId() requestId: string,
    @Req() request: Request,
    @UploadedMedia() form: MediaForm,
  ): Promise<Reply<SentMediaDto>> {
    const { waitMs, applied } = readPreference(request.headers.prefer, this.settings.SEND_WAIT_MS);
    const data = await this.sendMedia.send(form, { tenantId: tenant.tenantId, requestId, waitMs });
    return new Reply(data, {
      message: data.status === 'sent' ? 'Media message sent successfully' : 'Media message queued successfully',
      headers: applied ? { 'Preference-Applied': applied } : undefined,
    });
  }

  @Get()
  @RequireScopes('messages:read')
  @ApiListEndpoint(LIST_MESSAGES)
  async listMessages(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @ListQuery() query: string,
  ): Promise<Reply<Partial<MessageDto>[]>> {
    const request = this.lists.read(MESSAGE_LIST, { tenantId }, query);
    return listReply(await this.messages.list({ tenantId }, request), request.fields, LIST_MESSAGES.message);
  }

  // Before ':id', which would take the word for an id.
  @Get('messages')
  @RequireScopes('messages:read')
  @ApiListEndpoint(LIST_MESSAGES_ALIAS)
  listMessagesByAlias(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @ListQuery() query: string,
  ): Promise<Reply<Partial<MessageDto>[]>> {
    return this.listMessages(tenant, query);
  }

  @Get(':id')
  @RequireScopes('messages:read')
  @ApiTenantEndpoint(GET_MESSAGE)
  @ApiIdParameter({
    name: 'id',
    description: 'Our integer id (`chat_message_id`), or the `wamid`.',
    schema: { type: 'string' },
    example: '91',
  })
  @ApiEnvelope(MessageDto, { message: 'Message retrieved successfully' })
  @ApiErrors('NOT_FOUND')
  async getMessage(@CurrentTenant() tenant: AuthenticatedTenant, @Param('id') id: string): Promise<Reply<MessageDto>> {
    return new Reply(await this.messages.get(tenant.tenantId, id), { message: 'Message retrieved successfully' });
  }
}
