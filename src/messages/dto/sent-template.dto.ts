import { ApiProperty } from '@nestjs/swagger';
import { SentDto } from './sent.dto.js';

/** `data` of the answer to `POST /messages/template`. */
export class SentTemplateDto extends SentDto {
  @ApiProperty({ type: String, example: 'order_update' })
  template_name: string;

  @ApiProperty({ type: String, example: 'en_US' })
  language: string;
}
