import { ApiProperty } from '@nestjs/swagger';
import { SentDto } from './sent.dto.js';

/** `data` of the answer to `POST /messages/text`. */
export class SentTextDto extends SentDto {
  @ApiProperty({
    type: String,
    example: 'Hi Mona, your order is on its way.',
    description: 'With its merge fields filled in.',
  })
  message: string;
}
