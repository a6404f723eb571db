import { Injectable } from '@nestjs/common';
import { mergeFaults, validationError } from '../../platform/http/api-error.js';
import { checkDto } from '../../platform/http/validation/validate-dto.js';
import { SendReactionDto } from '../dto/send-reaction.dto.js';
import type { SentReactionDto } from '../dto/sent-reaction.dto.js';
import { type MessageReference, readMessageReference } from '../message-reference.js';
import { MessageRepository, type MessageRow } from '../message.repository.js';
import { type SendContext, SendService } from './send.service.js';

/** Sends an emoji on an earlier message, or takes one back. */
@Injectable()
export class SendReactionService {
  constructor(
    private readonly sends: SendService,
    private readonly messages: MessageRepository,
  ) {}

  /** @throws ApiError 422 naming every wrong field, else as {@link SendService.send} */
  async send(body: unknown, context: SendContext): Promise<SentReactionDto> {
    const dto = await this.check(body);
    const message = readMessageReference(dto.message_id);
    const target = message && (await this.find(context.tenantId, message));
    if (!target) throw validationError({ message_id: ['There is no such message.'] });
    if (target.wamid === null) throw validationError({ message_id: ['WhatsApp does not have that message yet.'] });
    // The message tells what was left out: its number, and its customer.
    dto.from ??= target.phone_number_id;
    if (dto.phone === undefined && dto.contact_id === undefined) {
      if (target.contact_id === null)
        throw validationError({ message_id: ['The contact of that message is deleted.'] });
      dto.contact_id = target.contact_id;
    }
    const { wamid } = target;
    return this.sends.send(
      dto,
      {
        type: 'reaction',
        text: dto.emoji,
        textField: 'emoji',
        textLimit: Infinity,
        textVerbatim: true,
        refersTo: { message, field: 'message_id' },
        content: {},
      },
      context,
      (sent) => ({ ...sent, ref_message_id: wamid, emoji: dto.emoji }),
    );
  }

  private async check(body: unknown): Promise<SendReactionDto> {
    const { instance: dto, faults } = await checkDto(SendReactionDto, body);
    if (dto.reply_to !== undefined) {
      mergeFaults(faults, { reply_to: ['A reaction names its message in message_id and answers no other.'] });
    }
    if (Object.keys(faults).length > 0) throw validationError(faults);
    return dto;
  }

  private find(tenantId: number, message: MessageReference): Promise<MessageRow | undefined> {
    return 'id' in message
      ? this.messages.findById(tenantId, message.id)
      : this.messages.findByWamid(tenantId, message.wamid);
  }
}
