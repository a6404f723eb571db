import { Injectable } from '@nestjs/common';
import { MessageCancel } from '../delivery/cancel/message-cancel.js';
import { MediaLinks } from '../media/media-links.js';
import type { SqlRunner } from '../platform/database/postgres.js';
import { conflict, notFound, serviceUnavailable } from '../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import type { ListRequest } from '../platform/pagination/list-request.js';
import type { ListScope } from '../platform/pagination/list-spec.js';
import { type ListPage, Lists } from '../platform/pagination/lists.js';
import type { MessageDto } from './dto/message.dto.js';
import { MESSAGE_LIST } from './list/message-list.js';
import { type MessageReference, readMessageReference } from './message-reference.js';
import { MessageRepository, type MessageRow } from './message.repository.js';
import { presentMessage } from './present-message.js';

/** After which time a message is called back again whose delivery the operator holds, seconds. */
const HELD_RETRY_S = 60;

/** Shows messages to the tenant they belong to. */
@Injectable()
export class MessagesService {
  constructor(
    private readonly repository: MessageRepository,
    private readonly links: MediaLinks,
    private readonly lists: Lists,
    private readonly cancellations: MessageCancel,
  ) {}

  /** One page of the tenant's messages, or of those within the scope's parent. */
  list(scope: ListScope, request: ListRequest): Promise<ListPage<MessageDto>> {
    return this.lists.page(MESSAGE_LIST, scope, request, (sql, ids) => this.findByIds(sql, scope.tenantId, ids));
  }

  /** Those of the ids that are the tenant's, in any order. */
  async findByIds(sql: SqlRunner, tenantId: number, ids: readonly number[]): Promise<MessageDto[]> {
    return (await this.repository.findByIds(sql, tenantId, ids)).map((row) => presentMessage(row, this.links));
  }

  /**
   * One message by our integer id or WhatsApp's wamid.
   * @throws ApiError 404 when the tenant has no such message
   */
  async get(tenantId: number, id: string): Promise<MessageDto> {
    const reference = readMessageReference(id);
    const row = reference && (await this.find(tenantId, reference));
    if (!row) throw notFound('There is no such message.');
    return presentMessage(row, this.links);
  }

  /**
   * Calls a message back that has not left; one that is cancelled already stays so. The message as it is then.
   * @throws ApiError 404 when the tenant has no such message, 409 MESSAGE_NOT_CANCELLABLE when it is too late, 503 while
   * nobody can say
   */
  async cancel(author: AuthenticatedTenant, id: string): Promise<MessageDto> {
    const { tenantId } = author;
    const message = await this.get(tenantId, id);
    const cancellation = await this.cancellations.cancel(tenantId, message.id, author);
    if (!cancellation) throw notFound('There is no such message.');
    if (cancellation.kind === 'in_doubt') {
      throw serviceUnavailable(new Error('delivery is held, and the message is older than the hold'), HELD_RETRY_S);
    }
    if (cancellation.kind === 'too_late' && cancellation.status !== 'cancelled') {
      const { status } = cancellation;
      throw conflict('MESSAGE_NOT_CANCELLABLE', `The message is ${status} and cannot be cancelled`, { status });
    }
    return this.get(tenantId, String(message.id));
  }

  private find(tenantId: number, reference: MessageReference): Promise<MessageRow | undefined> {
    return 'id' in reference
      ? this.repository.findById(tenantId, reference.id)
      : this.repository.findByWamid(tenantId, reference.wamid);
  }
}
