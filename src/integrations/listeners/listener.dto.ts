import { ApiProperty } from '@nestjs/swagger';
import { timestamp } from '../../platform/http/timestamp.js';
import { LISTENER_KINDS, type ListenerKind, type ListenerRow, type WrittenCountry } from '../store-listener.js';
import { COUNTRY, EXAMPLE_CONDITIONS, EXAMPLE_MAPPING } from './save-listener.dto.js';

/** A listener as its tenant sees it. */
export class ListenerDto {
  @ApiProperty({ type: 'integer', example: 5 })
  id: number;

  @ApiProperty({ type: String, example: 'Q3vJm0yXw1b7Zk9sT2uHc8Rd', description: 'Names it in its public address.' })
  key: string;

  @ApiProperty({
    type: String,
    format: 'uri',
    example: 'https://api.example.com/api/v2/integrations/ecommerce/Q3vJm0yXw1b7Zk9sT2uHc8Rd',
    description: 'The address to enter in the store.',
  })
  url: string;

  @ApiProperty({ type: String, enum: LISTENER_KINDS, example: 'woocommerce' })
  kind: ListenerKind;

  @ApiProperty({ type: String, example: 'Paid orders' })
  name: string;

  @ApiProperty({ type: Boolean, example: true, description: '`false`: calls need no signature.' })
  has_secret: boolean;

  @ApiProperty({ type: String, example: 'order_paid' })
  template_name: string;

  @ApiProperty({ type: String, example: 'en_US' })
  language: string;

  @ApiProperty({ type: 'object', additionalProperties: true, example: EXAMPLE_MAPPING })
  mapping: object;

  @ApiProperty({ type: 'array', items: { type: 'object' }, example: EXAMPLE_CONDITIONS })
  conditions: readonly object[];

  @ApiProperty({ type: String, nullable: true, example: '$.id' })
  once_per: string | null;

  @ApiProperty({ ...COUNTRY, nullable: true, example: 'EG' })
  default_country: WrittenCountry;

  @ApiProperty({ type: 'integer', example: 0 })
  delay_minutes: number;

  @ApiProperty({ type: Boolean, example: true })
  enabled: boolean;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T08:00:00+00:00' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T08:00:00+00:00' })
  updated_at: string;
}

/** A listener as it is answered; `base` is the public address of the API. */
export function presentListener(row: ListenerRow, base: string): ListenerDto {
  return {
    id: row.id,
    key: row.key,
    url: `${base}/api/v2/integrations/ecommerce/${row.key}`,
    kind: row.kind,
    name: row.name,
    has_secret: row.secret_encrypted !== null,
    template_name: row.template_name,
    language: row.language,
    mapping: row.mapping,
    conditions: row.conditions,
    once_per: row.once_per,
    default_country: row.default_country,
    delay_minutes: row.delay_minutes,
    enabled: row.enabled,
    created_at: timestamp(row.created_at),
    updated_at: timestamp(row.updated_at),
  };
}
