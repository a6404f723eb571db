import { Injectable } from '@nestjs/common';
import type { MessageDto } from '../messages/dto/message.dto.js';
import { MessagesService } from '../messages/messages.service.js';
import { Settings } from '../platform/config/settings.js';
import type { SqlRunner } from '../platform/database/postgres.js';
import { notFound } from '../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { resourceId } from '../platform/http/resource-id.js';
import { timestamp, timestampOrNull } from '../platform/http/timestamp.js';
import type { ListRequest } from '../platform/pagination/list-request.js';
import type { ListScope } from '../platform/pagination/list-spec.js';
import { type ListPage, Lists } from '../platform/pagination/lists.js';
import { CHAT_LIST } from './chat-list.js';
import { ChatRepository, type ChatRow } from './chat.repository.js';
import type { ChatDto } from './dto/chat.dto.js';

const NO_SUCH_CHAT = 'There is no such chat.';

/** Shows the chats of a tenant, and marks them as read. */
@Injectable()
export class ChatsService {
  constructor(
    private readonly repository: ChatRepository,
    private readonly messages: MessagesService,
    private readonly lists: Lists,
    private readonly settings: Settings,
  ) {}

  /** One page of the tenant's chats. */
  list(scope: ListScope, request: ListRequest): Promise<ListPage<ChatDto>> {
    return this.lists.page(CHAT_LIST, scope, request, (sql, ids) => this.findByIds(sql, scope.tenantId, ids));
  }

  /** @throws ApiError 404 when the tenant has no such chat */
  async get(tenantId: number, id: string): Promise<ChatDto> {
    const chatId = resourceId(id, NO_SUCH_CHAT);
    const [chat] = await this.repository.inOneMoment(
      (sql) => this.findByIds(sql, tenantId, [chatId]),
      this.settings.LIST_TIMEOUT_MS,
    );
    if (!chat) throw notFound(NO_SUCH_CHAT);
    return chat;
  }

  /**
   * One page of a chat's messages; the scope names the chat.
   * @throws ApiError 404 when the tenant has no such chat
   */
  async listMessages(scope: ListScope, request: ListRequest): Promise<ListPage<MessageDto>> {
    if (!scope.within || !(await this.repository.exists(scope.tenantId, scope.within.id))) throw notFound(NO_SUCH_CHAT);
    return this.messages.list(scope, request);
  }

  /**
   * Marks all that the contact wrote as read. WhatsApp is told by a worker, right after.
   * @throws ApiError 404 when the tenant has no such chat
   */
  async markRead(author: AuthenticatedTenant, id: string): Promise<ChatDto> {
    if (!(await this.repository.markRead(author, resourceId(id, NO_SUCH_CHAT)))) throw notFound(NO_SUCH_CHAT);
    return this.get(author.tenantId, id);
  }

  private async findByIds(sql: SqlRunner, tenantId: number, ids: readonly number[]): Promise<ChatDto[]> {
    const rows = await this.repository.findByIds(sql, tenantId, ids);
    const newest = rows.flatMap(({ last_message_id }) => last_message_id ?? []);
    const messages = newest.length === 0 ? [] : await this.messages.findByIds(sql, tenantId, newest);
    const byId = new Map(messages.map((message) => [message.id, message]));
    return rows.map((row) => present(row, byId.get(row.last_message_id ?? 0) ?? null));
  }
}

const present = (row: ChatRow, lastMessage: MessageDto | null): ChatDto => ({
  id: row.id,
  contact_id: row.contact_id,
  contact: {
    id: row.contact_id,
    firstname: row.firstname,
    lastname: row.lastname,
    phone: row.phone,
    profile_name: row.profile_name,
  },
  number: {
    phone_number_id: row.phone_number_id,
    display_phone_number: row.display_phone_number,
    verified_name: row.verified_name,
  },
  unread_count: row.unread_count,
  last_message: lastMessage,
  last_message_at: timestamp(row.last_message_at),
  last_inbound_at: timestampOrNull(row.last_inbound_at),
  service_window_expires_at: timestampOrNull(row.service_window_expires_at),
  created_at: timestamp(row.created_at),
  updated_at: timestamp(row.updated_at),
});
