import { ApiProperty } from '@nestjs/swagger';

export const DELIVERY_STATUSES = ['pending', 'delivered', 'dead'] as const;

const TIME_OR_NULL = {
  type: String,
  format: 'date-time',
  nullable: true,
  example: '2026-01-01T08:00:01+00:00',
} as const;

/** What was, or will be, sent. */
export class DeliveryRequestDto {
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'https://shop.example/hooks/rasl?shop=7',
    description: 'Of the last attempt.',
  })
  url: string | null;

  @ApiProperty({
    type: 'object',
    nullable: true,
    additionalProperties: { type: 'string' },
    example: { 'content-type': 'application/json', 'webhook-id': 'evt_1767254400_k3v9x0q2m7ab', 'X-Api-Key': '***' },
    description: 'Of the last attempt. The values of your own headers are not shown.',
  })
  headers: Record<string, string> | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '{"event":{"id":"evt_1767254400_k3v9x0q2m7ab"}}',
    description: 'To the byte as it is signed; null when the event is stored no more.',
  })
  body: string | null;
}

/** What came back. */
export class DeliveryResponseDto {
  @ApiProperty({ type: 'integer', nullable: true, example: 200, description: 'HTTP status; null without an answer.' })
  status: number | null;

  @ApiProperty({ type: String, nullable: true, example: 'ok', description: 'The first kilobyte.' })
  body: string | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 85 })
  duration_ms: number | null;
}

/** One attempt. */
export class DeliveryAttemptDto {
  @ApiProperty({ ...TIME_OR_NULL, nullable: false })
  at: string;

  @ApiProperty({ type: 'integer', nullable: true, example: 200 })
  status: number | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  error: string | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 85 })
  duration_ms: number | null;
}

/** One event for one webhook. */
export class DeliveryDto {
  @ApiProperty({ type: 'integer', example: 9001 })
  id: number;

  @ApiProperty({ type: 'integer', example: 7 })
  webhook_id: number;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'evt_1767254400_k3v9x0q2m7ab',
    description: '`event.id`, and `webhook-id`; the same for a replay.',
  })
  event_id: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'contact.created' })
  type: string | null;

  @ApiProperty({ type: 'integer', nullable: true, example: null, description: 'The delivery that this one repeats.' })
  replay_of: number | null;

  @ApiProperty({
    type: String,
    enum: [...DELIVERY_STATUSES],
    example: 'delivered',
    description:
      '`pending`: it is tried, or tried again at `next_attempt_at`. `dead`: it was given up, and can be replayed.',
  })
  status: string;

  @ApiProperty({ type: 'integer', example: 1, description: 'Attempts that were made.' })
  attempts: number;

  @ApiProperty({ ...TIME_OR_NULL, example: null })
  next_attempt_at: string | null;

  @ApiProperty(TIME_OR_NULL)
  first_attempt_at: string | null;

  @ApiProperty(TIME_OR_NULL)
  last_attempt_at: string | null;

  @ApiProperty(TIME_OR_NULL)
  delivered_at: string | null;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Why the last attempt failed.' })
  error: string | null;

  @ApiProperty({ type: () => DeliveryRequestDto })
  request: DeliveryRequestDto;

  @ApiProperty({ type: () => DeliveryResponseDto, description: 'Of the last attempt.' })
  response: DeliveryResponseDto;

  @ApiProperty({ type: () => DeliveryAttemptDto, isArray: true, description: 'All attempts, the first one first.' })
  attempt_log: DeliveryAttemptDto[];

  @ApiProperty({ ...TIME_OR_NULL, nullable: false })
  created_at: string;
}
