import { Injectable } from '@nestjs/common';
import { mergeFaults, validationError } from '../../platform/http/api-error.js';
import { checkDto } from '../../platform/http/validation/validate-dto.js';
import { MAX_INTERACTIVE_BODY, SendInteractiveDto } from '../dto/send-interactive.dto.js';
import type { SentInteractiveDto } from '../dto/sent-interactive.dto.js';
import { faultsBetweenChoices } from './choice-faults.js';
import { type SendContext, SendService } from './send.service.js';

/** Sends a text with reply buttons, a list or a link. */
@Injectable()
export class SendInteractiveService {
  constructor(private readonly sends: SendService) {}

  /** @throws ApiError 422 naming every wrong field, else as {@link SendService.send} */
  async send(body: unknown, context: SendContext): Promise<SentInteractiveDto> {
    const { instance: dto, faults } = await checkDto(SendInteractiveDto, body);
    mergeFaults(faults, faultsBetweenChoices(dto));
    if (Object.keys(faults).length > 0) throw validationError(faults);
    return this.sends.send(
      dto,
      {
        type: 'interactive',
        text: dto.body_text,
        textField: 'body_text',
        textLimit: MAX_INTERACTIVE_BODY,
        textRequired: true,
        content: { type: dto.type, header_text: dto.header_text, footer_text: dto.footer_text, ...choiceOf(dto) },
      },
      context,
      (sent) => ({ ...sent, type: dto.type }),
    );
  }
}

/** What the payload builder needs of each type; nothing else of the body is stored. */
function choiceOf(dto: SendInteractiveDto): Record<string, unknown> {
  switch (dto.type) {
    case 'button':
      return { buttons: dto.buttons?.map(({ id, title }) => ({ id, title })) };
    case 'list':
      return {
        list_button_text: dto.list_button_text,
        sections: dto.sections?.map((section) => ({
          title: section.title,
          rows: section.rows.map(({ id, title, description }) => ({ id, title, description })),
        })),
      };
    case 'cta_url':
      return { display_text: dto.display_text, url: dto.url };
  }
}
