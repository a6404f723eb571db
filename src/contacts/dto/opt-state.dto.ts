import { ApiProperty } from '@nestjs/swagger';

/** Whether a contact receives messages. */
export class OptStateDto {
  @ApiProperty({ type: 'integer', example: 12 })
  id: number;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '201000000000',
    description: 'Digits only; null when the contact is known by its WhatsApp user id alone.',
  })
  phone: string | null;

  @ApiProperty({ type: Boolean, example: true })
  is_opted_out: boolean;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-01-01T08:00:00+00:00',
    description: 'Since when; null for a contact who receives messages.',
  })
  opted_out_at: string | null;

  @ApiProperty({
    type: 'integer',
    example: 2,
    description: 'How many messages that waited for this contact were failed by this call.',
  })
  failed_messages: number;
}
