import { ApiProperty } from '@nestjs/swagger';
import { SentDto } from './sent.dto.js';

/** `data` of the answer to `POST /messages/reaction`. */
export class SentReactionDto extends SentDto {
  @ApiProperty({
    type: String,
    example: 'wamid.HBgMMjAxMDAwMDAwMDAwFQIAEhgUM0EwRjQ2',
    description: "WhatsApp's id of the message that was reacted to.",
  })
  ref_message_id: string;

  @ApiProperty({ type: String, example: '👍', description: 'Empty when a reaction was taken back.' })
  emoji: string;
}
