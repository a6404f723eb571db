import { ApiProperty } from '@nestjs/swagger';
import { SentDto } from './sent.dto.js';

/** `data` of the answer to `POST /messages/contacts`. */
export class SentContactsDto extends SentDto {
  @ApiProperty({ type: [String], example: ['Mona Ali'], description: 'Whose cards were sent.' })
  contacts: string[];
}
