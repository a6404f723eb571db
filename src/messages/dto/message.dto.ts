import { ApiProperty } from '@nestjs/swagger';

/** Why a message failed: WhatsApp's integer code, or one of ours as text. */
export class MessageErrorDto {
  @ApiProperty({
    oneOf: [{ type: 'integer' }, { type: 'string' }],
    example: 131047,
    description: "WhatsApp's integer code, or ours as text, such as `UNKNOWN_OUTCOME`.",
  })
  code: number | string;

  @ApiProperty({ type: String, nullable: true, example: 'Re-engagement message' })
  title: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'More than 24 hours have passed since the recipient last replied.',
  })
  details: string | null;

  @ApiProperty({
    example: 'More than 24 hours have passed since the person last wrote or called, so only templates are delivered.',
    description: 'What it means, in one sentence.',
  })
  meaning: string;

  @ApiProperty({
    example: 'Send an approved template instead, or wait until the person writes.',
    description: 'What to do about it.',
  })
  advice: string;
}

/** The file of a message. */
export class MessageMediaDto {
  @ApiProperty({
    enum: ['pending', 'stored', 'failed'],
    example: 'stored',
    description:
      '`pending`: sent by the customer, and still on its way to us. `stored`: under `url`. `failed`: see `failure`.',
  })
  status: 'pending' | 'stored' | 'failed';

  @ApiProperty({ type: String, nullable: true, example: 'image/jpeg' })
  mime_type: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'photo.jpg' })
  filename: string | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 84213 })
  size_bytes: number | null;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Why there is no file, in one sentence.' })
  failure: string | null;
}

/** One message as `GET /messages/{id}` shows it. */
export class MessageDto {
  @ApiProperty({ type: 'integer', example: 91 })
  id: number;

  @ApiProperty({ type: 'integer', nullable: true, example: 7, description: 'The same as `chat_id`.' })
  interaction_id: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '201000000000',
    description: 'Phone of whoever wrote it, digits only; the WhatsApp user id where the phone is not known.',
  })
  sender_id: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'image' })
  type: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'Your order, Mona', description: 'Text or caption.' })
  message: string | null;

  @ApiProperty({
    enum: [
      'queued',
      'sending',
      'sent',
      'delivered',
      'read',
      'played',
      'failed',
      'unknown',
      'cancelled',
      'expired',
      'received',
    ],
    nullable: true,
    example: 'delivered',
    description:
      'Only moves forward. `unknown`: WhatsApp may or may not have the message; it is settled by its status or after a while. `received`: an inbound message.',
  })
  status: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'wamid.HBgMMjAxMDAwMDAwMDAwFQIAERgSQjM1',
    description: "WhatsApp's id.",
  })
  message_id: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    example: '2026-01-01T08:00:00+00:00',
    description: 'When WhatsApp took it, else when it was stored.',
  })
  sent_at: string;

  @ApiProperty({ type: Boolean, example: false })
  is_read: boolean;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'For a failure: what went wrong, in words.',
  })
  status_message: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: "WhatsApp's id of the message this one answers.",
  })
  ref_message_id: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    format: 'uri',
    example: 'https://api.example.com/media/4fK2mQp7XbT9sLw1Zc8YhR3v/photo.jpg',
    description:
      'Address of the media; null when there is none, or its time has passed. What a customer sent has a signed address, good for 15 minutes.',
  })
  url: string | null;

  @ApiProperty({ type: 'integer', nullable: true, example: null, description: 'Null for messages sent by the API.' })
  staff_id: number | null;

  @ApiProperty({ enum: ['inbound', 'outbound'], example: 'outbound' })
  direction: string;

  @ApiProperty({ type: 'integer', example: 7 })
  chat_id: number;

  @ApiProperty({ type: 'integer', nullable: true, example: 12 })
  contact_id: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '201000000000',
    description: 'Phone of the contact; digits only.',
  })
  phone: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-01-01T08:00:01+00:00' })
  delivered_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  read_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  failed_at: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
    description: 'When it is scheduled for; null: it leaves as soon as it can.',
  })
  send_at: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-01-02T08:00:00+00:00',
    description: 'What has not left by then expires; null for received messages.',
  })
  expires_at: string | null;

  @ApiProperty({ type: () => MessageErrorDto, nullable: true, example: null })
  error: MessageErrorDto | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Why this message waits although it is due, such as a paused number; null when nothing holds it.',
  })
  hold_reason: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: "WhatsApp's user id of the contact, where it is known; a contact without a phone has only that.",
  })
  user_id: string | null;

  @ApiProperty({ type: () => MessageMediaDto, nullable: true })
  media: MessageMediaDto | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    example: null,
    description:
      "Received messages: WhatsApp's own object of the type, such as `location`, `contacts`, `interactive`, `order` or `reaction`, with `context` and `referral` where there are any. Null for messages of yours.",
  })
  content: Record<string, unknown> | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-01-02T07:30:00+00:00',
    description: "End of the chat's 24-hour service window; null when it is closed.",
  })
  service_window_expires_at: string | null;
}
