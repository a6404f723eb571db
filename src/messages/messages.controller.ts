import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { RequireScopes } from '../auth-scopes/decorators.js';
import { CurrentTenant } from '../platform/http/decorators.js';
import { ApiEnvelope, ApiErrors, ApiIdParameter, ApiTenantEndpoint } from '../platform/http/openapi/api-endpoint.js';
import { Reply } from '../platform/http/reply.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { ApiListEndpoint } from '../platform/pagination/api-list-endpoint.js';
import { ListQuery } from '../platform/pagination/list-query.js';
import { Lists } from '../platform/pagination/lists.js';
import { listReply } from '../platform/pagination/pagination.js';
import { MessageDto } from './dto/message.dto.js';
import { MESSAGE_LIST } from './list/message-list.js';
import { CANCEL_MESSAGE, GET_MESSAGE, LIST_MESSAGES, LIST_MESSAGES_ALIAS } from './messages.docs.js';
import { MessagesService } from './messages.service.js';

/** `/api/v2/messages`: what was sent and received, and calling it back. Sending stands in `send/`. */
@Controller('api/v2/messages')
export class MessagesController {
  constructor(
    private readonly messages: MessagesService,
    private readonly lists: Lists,
  ) {}

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

  @Post(':id/cancel')
  @HttpCode(200)
  @RequireScopes('messages:send')
  @ApiTenantEndpoint(CANCEL_MESSAGE)
  @ApiIdParameter({
    name: 'id',
    description: 'Our integer id (`chat_message_id`), or the `wamid`.',
    schema: { type: 'string' },
    example: '91',
  })
  @ApiEnvelope(MessageDto, { message: 'Message cancelled successfully' })
  @ApiErrors('NOT_FOUND', 'MESSAGE_NOT_CANCELLABLE')
  async cancelMessage(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Param('id') id: string,
  ): Promise<Reply<MessageDto>> {
    return new Reply(await this.messages.cancel(tenant, id), { message: 'Message cancelled successfully' });
  }
}
