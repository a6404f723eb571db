import { Injectable, type OnModuleInit } from '@nestjs/common';
import { timestamp } from '../../platform/http/timestamp.js';
import type { KeptReply } from '../../platform/idempotency/kept-answer.js';
import { StoredEffects } from '../../platform/idempotency/stored-effects.js';
import { OutcomeReader } from '../outbound/outcome-reader.js';
import { sentOf } from '../outbound/outbound.service.js';

/** Answers sends whose first call died after it had stored its message: what the call would have said by now. */
@Injectable()
export class SentAnswers implements OnModuleInit {
  constructor(
    private readonly effects: StoredEffects,
    private readonly reader: OutcomeReader,
  ) {}

  onModuleInit(): void {
    this.effects.readMessagesBy((tenantId, messageId, queued) => this.present(tenantId, messageId, queued));
  }

  /** @throws ApiError 500 MESSAGE_SEND_FAILED when WhatsApp refused the message */
  private async present(tenantId: number, messageId: number, queued: KeptReply): Promise<KeptReply> {
    const { status, wamid, sentAt } = sentOf(messageId, await this.reader.read(tenantId, messageId));
    if (status === 'queued' || typeof queued.data !== 'object') return queued;
    return {
      data: { ...queued.data, message_id: wamid, status, sent_at: sentAt && timestamp(sentAt) },
      // As SendReplies words it.
      options: {
        ...queued.options,
        message: queued.options.message?.replace(/ queued successfully$/, ` ${status} successfully`),
      },
    };
  }
}
