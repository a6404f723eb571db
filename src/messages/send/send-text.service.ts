import { Injectable } from '@nestjs/common';
import { MAX_TEXT, type SendTextDto } from '../dto/send-text.dto.js';
import type { SentTextDto } from '../dto/sent-text.dto.js';
import { type SendContext, SendService } from './send.service.js';

/** Sends words. */
@Injectable()
export class SendTextService {
  constructor(private readonly sends: SendService) {}

  /** @throws ApiError as {@link SendService.send} */
  async send(dto: SendTextDto, context: SendContext): Promise<SentTextDto> {
    return this.sends.send(
      dto,
      {
        type: 'text',
        text: dto.message,
        textField: 'message',
        textLimit: MAX_TEXT,
        textRequired: true,
        content: {},
      },
      context,
      (sent, { text }) => ({ ...sent, message: text ?? '' }),
    );
  }
}
