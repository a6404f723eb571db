import { ApiProperty } from '@nestjs/swagger';

/** `data` of the answer to `POST /messages/media`. */
export class SentMediaDto {
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'wamid.HBgMMjAxMDAwMDAwMDAwFQIAERgSQjM1',
    description: "WhatsApp's id of the message; null while `queued`.",
  })
  message_id: string | null;

  @ApiProperty({ type: 'integer', example: 12, description: 'The contact, existing or just created.' })
  contact_id: number;

  @ApiProperty({ type: String, nullable: true, example: '201000000000', description: 'Digits only.' })
  phone: string | null;

  @ApiProperty({ type: String, example: 'image' })
  media_type: string;

  @ApiProperty({
    type: String,
    format: 'uri',
    example: 'https://api.example.com/media/4fK2mQp7XbT9sLw1Zc8YhR3v/photo.jpg',
    description: 'Where the file is re-hosted for WhatsApp.',
  })
  media_url: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'Your order, Mona',
    description: 'With its merge fields filled in.',
  })
  caption: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'photo.jpg' })
  filename: string | null;

  @ApiProperty({
    enum: ['sent', 'queued'],
    example: 'sent',
    description: '`sent`: WhatsApp took it. `queued`: it is stored and will go out.',
  })
  status: 'sent' | 'queued';

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-01-01T08:00:00+00:00' })
  sent_at: string | null;

  @ApiProperty({ type: 'integer', example: 7 })
  chat_id: number;

  @ApiProperty({ type: 'integer', example: 91, description: 'Stable id of the message, for `GET /messages/{id}`.' })
  chat_message_id: number;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-01-02T07:30:00+00:00',
    description: "End of the customer's 24-hour service window; null when it is closed.",
  })
  service_window_expires_at: string | null;
}
