import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { RequireScopes } from '../auth-scopes/decorators.js';
import type { MessageDto } from '../messages/dto/message.dto.js';
import { MESSAGE_LIST } from '../messages/list/message-list.js';
import { CurrentTenant } from '../platform/http/decorators.js';
import { ApiEnvelope, ApiErrors, ApiIdParameter, ApiTenantEndpoint } from '../platform/http/openapi/api-endpoint.js';
import { Reply } from '../platform/http/reply.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { resourceId } from '../platform/http/resource-id.js';
import { ApiListEndpoint } from '../platform/pagination/api-list-endpoint.js';
import { ListQuery } from '../platform/pagination/list-query.js';
import { Lists } from '../platform/pagination/lists.js';
import { listReply } from '../platform/pagination/pagination.js';
import { CHAT_LIST } from './chat-list.js';
import { CHAT_ID, GET_CHAT, LIST_CHAT_MESSAGES, LIST_CHATS, MARK_CHAT_READ } from './chats.docs.js';
import { ChatsService } from './chats.service.js';
import { ChatDto } from './dto/chat.dto.js';

/** `/api/v2/chats`: the conversations of a tenant. */
@Controller('api/v2/chats')
export class ChatsController {
  constructor(
    private readonly chats: ChatsService,
    private readonly lists: Lists,
  ) {}

  @Get()
  @RequireScopes('chats:read')
  @ApiListEndpoint(LIST_CHATS)
  async listChats(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @ListQuery() query: string,
  ): Promise<Reply<Partial<ChatDto>[]>> {
    const request = this.lists.read(CHAT_LIST, { tenantId }, query);
    return listReply(await this.chats.list({ tenantId }, request), request.fields, LIST_CHATS.message);
  }

  @Get(':id')
  @RequireScopes('chats:read')
  @ApiTenantEndpoint(GET_CHAT)
  @ApiIdParameter(CHAT_ID)
  @ApiEnvelope(ChatDto, { message: 'Chat retrieved successfully' })
  @ApiErrors('NOT_FOUND')
  async getChat(@CurrentTenant() { tenantId }: AuthenticatedTenant, @Param('id') id: string): Promise<Reply<ChatDto>> {
    return new Reply(await this.chats.get(tenantId, id), { message: 'Chat retrieved successfully' });
  }

  @Get(':id/messages')
  @RequireScopes('chats:read')
  @ApiListEndpoint(LIST_CHAT_MESSAGES)
  @ApiIdParameter(CHAT_ID)
  @ApiErrors('NOT_FOUND')
  async listChatMessages(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @Param('id') id: string,
    @ListQuery() query: string,
  ): Promise<Reply<Partial<MessageDto>[]>> {
    const scope = { tenantId, within: { sql: 'm.chat_id', id: resourceId(id, 'There is no such chat.') } };
    const request = this.lists.read(MESSAGE_LIST, scope, query);
    return listReply(await this.chats.listMessages(scope, request), request.fields, LIST_CHAT_MESSAGES.message);
  }

  @Post(':id/read')
  @HttpCode(200)
  @RequireScopes('chats:write')
  @ApiTenantEndpoint(MARK_CHAT_READ)
  @ApiIdParameter(CHAT_ID)
  @ApiEnvelope(ChatDto, { message: 'Chat marked as read successfully' })
  @ApiErrors('NOT_FOUND')
  async markChatRead(@CurrentTenant() tenant: AuthenticatedTenant, @Param('id') id: string): Promise<Reply<ChatDto>> {
    return new Reply(await this.chats.markRead(tenant, id), { message: 'Chat marked as read successfully' });
  }
}
