import { ApiProperty } from '@nestjs/swagger';
import { MessageDto } from '../../messages/dto/message.dto.js';

/** Who is on the other side of a chat. */
export class ChatContactDto {
  @ApiProperty({ type: 'integer', example: 12 })
  id: number;

  @ApiProperty({ type: String, example: 'Mona' })
  firstname: string;

  @ApiProperty({ type: String, example: 'Ali' })
  lastname: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '201000000000',
    description: 'Digits only; null when the contact is known by its WhatsApp user id alone.',
  })
  phone: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'Mona A.', description: 'As the contact calls itself.' })
  profile_name: string | null;
}

/** Which of the tenant's numbers a chat is held with. */
export class ChatNumberDto {
  @ApiProperty({ type: String, example: '106540352242922', description: "WhatsApp's id; `from` of a send takes it." })
  phone_number_id: string;

  @ApiProperty({ type: String, example: '+1 555 078 3881' })
  display_phone_number: string;

  @ApiProperty({ type: String, nullable: true, example: 'Little Shop' })
  verified_name: string | null;
}

/** One chat: what one number and one contact wrote to each other. */
export class ChatDto {
  @ApiProperty({ type: 'integer', example: 7, description: '`chat_id` and `interaction_id` of its messages.' })
  id: number;

  @ApiProperty({ type: 'integer', example: 12 })
  contact_id: number;

  @ApiProperty({ type: () => ChatContactDto })
  contact: ChatContactDto;

  @ApiProperty({ type: () => ChatNumberDto })
  number: ChatNumberDto;

  @ApiProperty({ type: 'integer', example: 2, description: 'Messages of the contact that wait to be read.' })
  unread_count: number;

  @ApiProperty({ type: () => MessageDto, nullable: true, description: 'The newest message, sent or received.' })
  last_message: MessageDto | null;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T08:00:00+00:00' })
  last_message_at: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-01-01T07:58:00+00:00',
    description: "The contact's newest message or call, by WhatsApp's time.",
  })
  last_inbound_at: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-01-02T07:58:00+00:00',
    description: 'Until then free-form messages reach the contact; null when the window is closed.',
  })
  service_window_expires_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T07:58:00+00:00' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T07:58:00+00:00' })
  updated_at: string;
}
