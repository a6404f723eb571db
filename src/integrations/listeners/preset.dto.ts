import { ApiProperty } from '@nestjs/swagger';
import type { WrittenCondition } from '../mapping/conditions.js';
import type { WrittenMapping } from '../mapping/mapping.js';
import { LISTENER_KINDS, type ListenerKind, type WrittenCountry } from '../store-listener.js';
import { COUNTRY, EXAMPLE_CONDITIONS, EXAMPLE_MAPPING } from './save-listener.dto.js';

/** A ready-made listener. */
export class PresetDto {
  @ApiProperty({ type: String, example: 'woocommerce.order_paid' })
  id: string;

  @ApiProperty({ type: String, enum: LISTENER_KINDS, example: 'woocommerce' })
  kind: ListenerKind;

  @ApiProperty({ type: String, example: 'order.updated', description: 'The topic to choose in the store.' })
  topic: string;

  @ApiProperty({ type: String, example: 'Order paid' })
  title: string;

  @ApiProperty({
    type: String,
    example: 'Hello {{1}}, your order {{2}} of {{3}} is paid.',
    description: 'A text of a template that its fields fit.',
  })
  example_text: string;

  @ApiProperty({ type: 'object', additionalProperties: true, example: EXAMPLE_MAPPING })
  mapping: WrittenMapping;

  @ApiProperty({ type: 'array', items: { type: 'object' }, example: EXAMPLE_CONDITIONS })
  conditions: readonly WrittenCondition[];

  @ApiProperty({ type: String, nullable: true, example: '$.id' })
  once_per: string | null;

  @ApiProperty({ ...COUNTRY, nullable: true, example: '$.billing.country' })
  default_country: WrittenCountry;

  @ApiProperty({ type: 'integer', example: 0 })
  delay_minutes: number;
}
