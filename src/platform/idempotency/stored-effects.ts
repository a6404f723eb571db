import { Injectable } from '@nestjs/common';
import type { KeptReply } from './kept-answer.js';

/**
 * Answers for a call that died between storing its message and its answer.
 * @param queued the answer of the moment in which the message was stored
 * @throws ApiError when what became of the message is a failure
 */
export type EffectReader = (tenantId: number, messageId: number, queued: KeptReply) => Promise<KeptReply>;

/** Where the feature that stores messages says how to tell what became of one; keys know nothing of messages. */
@Injectable()
export class StoredEffects {
  private reader: EffectReader | undefined;

  readMessagesBy(reader: EffectReader): void {
    this.reader = reader;
  }

  async present(tenantId: number, messageId: number, queued: KeptReply): Promise<KeptReply> {
    if (!this.reader) throw new Error('Nobody has said how to read what became of a message');
    return this.reader(tenantId, messageId, queued);
  }
}
