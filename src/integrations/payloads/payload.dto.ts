import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { timestamp, timestampOrNull } from '../../platform/http/timestamp.js';
import type { Reason } from './template-sends.js';

/** What can become of a payload. */
export const PAYLOAD_STATUSES = ['received', 'sent', 'skipped', 'failed'] as const;
export type PayloadStatus = (typeof PAYLOAD_STATUSES)[number];

/** A stored payload, as it is shown. */
export interface PayloadRow {
  readonly id: number;
  readonly received_at: Date;
  readonly due_at: Date;
  readonly topic: string | null;
  readonly delivery_id: string | null;
  readonly repeats: number;
  readonly size_bytes: number;
  readonly status: PayloadStatus;
  readonly reason: Reason | null;
  readonly message_id: number | null;
  readonly settled_at: Date | null;
  readonly body: Buffer | null;
}

/** Why nothing was sent. */
export class ReasonDto {
  @ApiProperty({
    type: String,
    example: 'CONDITION_NOT_MET',
    description:
      '`CONDITION_NOT_MET`, `ALREADY_SENT` (`once_per`), `REPLACED` (`delay_minutes`), `LISTENER_DISABLED`, `ACCOUNT_NOT_ACTIVE`, `CONTACT_DELETED` (while it waited), `CONTACT_FIELDS_LEFT_OUT` (of a message that was sent), `UNKNOWN_OUTCOME` (the platform was restored from a backup; it may have been sent), or what `POST /messages/template` would answer.',
  })
  code: string;

  @ApiProperty({ type: String, example: 'The condition on $.status does not hold.' })
  message: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    example: { condition: { path: '$.status', op: 'eq', value: 'processing' } },
    description: 'The condition, or the messages by field.',
  })
  details?: Readonly<Record<string, unknown>>;
}

/** One delivery of a store, and what became of it. */
export class PayloadDto {
  @ApiProperty({ type: 'integer', example: 812 })
  id: number;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T08:00:00+00:00' })
  received_at: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    example: '2026-01-01T08:00:00+00:00',
    description: "When it was, or will be, worked off: at once, after the listener's delay, or when sent again.",
  })
  due_at: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'order.updated',
    description: "The store's header; null without one.",
  })
  topic: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '36e520ebabc2fa725092ff4a47acedf2',
    description: 'How the store names the delivery; null: its body tells a repeat.',
  })
  delivery_id: string | null;

  @ApiProperty({ type: 'integer', example: 0, description: 'How often it came again.' })
  repeats: number;

  @ApiProperty({ type: String, enum: PAYLOAD_STATUSES, example: 'sent' })
  status: PayloadStatus;

  @ApiProperty({ type: ReasonDto, nullable: true, description: 'Why nothing was sent, or what was left out.' })
  reason: ReasonDto | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 91,
    description: '`chat_message_id` of the message that was sent.',
  })
  message_id: number | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-01-01T08:00:01+00:00' })
  settled_at: string | null;

  @ApiProperty({ type: 'integer', example: 4821 })
  size_bytes: number;

  @ApiProperty({
    type: 'object',
    nullable: true,
    additionalProperties: true,
    example: { id: 727, status: 'processing' },
    description:
      'What came; null when its contact was deleted, and after 30 days. In the list also null when it is larger than 32 KB: then ask for it by its id.',
  })
  payload: unknown;
}

/** A payload as it is answered. */
export function presentPayload(row: PayloadRow): PayloadDto {
  return {
    id: row.id,
    received_at: timestamp(row.received_at),
    due_at: timestamp(row.due_at),
    topic: row.topic,
    delivery_id: row.delivery_id,
    repeats: row.repeats,
    status: row.status,
    reason: row.reason,
    message_id: row.message_id,
    settled_at: timestampOrNull(row.settled_at),
    size_bytes: row.size_bytes,
    payload: row.body && (JSON.parse(row.body.toString('utf8')) as unknown),
  };
}

/** What the mapping found for one field. */
export class MappedFieldDto {
  @ApiProperty({ type: String, example: 'field_1' })
  field: string;

  @ApiProperty({ type: String, nullable: true, example: 'Mona', description: 'null: nothing was found.' })
  value: string | null;
}

/** What a payload would lead to. */
export class DryRunDto {
  @ApiProperty({ type: Boolean, example: true })
  would_send: boolean;

  @ApiProperty({
    type: String,
    enum: ['sent', 'skipped', 'failed'],
    example: 'sent',
    description: 'As it would be listed.',
  })
  status: 'sent' | 'skipped' | 'failed';

  @ApiProperty({
    type: ReasonDto,
    nullable: true,
    description: 'Why nothing would be sent, or what would be left out.',
  })
  reason: ReasonDto | null;

  @ApiProperty({ type: String, nullable: true, example: '201000000000', description: 'The recipient, as digits.' })
  phone: string | null;

  @ApiProperty({ type: String, example: 'order_paid' })
  template_name: string;

  @ApiProperty({ type: String, example: 'en_US' })
  language: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'Hello Mona, your order 727 of 29.35 USD is paid.',
    description: 'The text as the recipient would read it; null when nothing would be sent.',
  })
  text: string | null;

  @ApiProperty({ type: [MappedFieldDto], description: 'What the mapping found, field by field.' })
  fields: readonly MappedFieldDto[];
}
