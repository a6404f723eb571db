import { ApiProperty } from '@nestjs/swagger';
import { INTERACTIVE_TYPES, type InteractiveType } from './send-interactive.dto.js';
import { SentDto } from './sent.dto.js';

/** `data` of the answer to `POST /messages/interactive`. */
export class SentInteractiveDto extends SentDto {
  @ApiProperty({ enum: INTERACTIVE_TYPES, example: 'button' })
  type: InteractiveType;
}
