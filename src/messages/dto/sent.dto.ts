import { ApiProperty } from '@nestjs/swagger';

/** What `data` of the answer to every send has, whatever was sent. */
export class SentDto {
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
