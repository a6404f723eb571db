import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Allow, IsBoolean, IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { booleanText, emptyAsAbsent, integerText } from '../../messages/dto/form-values.js';
import { MAX_TEMPLATE_NAME } from '../../messages/dto/send-template.dto.js';
import { MaxCodePoints } from '../../platform/http/validation/code-points.js';
import { OptionalPlainText, RequiredPlainText, trimmedOrNull } from '../../platform/http/validation/plain-text.js';
import { MAX_ALTERNATIVES } from '../mapping/mapping.js';
import { LISTENER_KINDS, type ListenerKind, MAX_DELAY_MINUTES, MAX_RULE_TEXT } from '../store-listener.js';

/** The example of a mapping and its conditions: a paid order of WooCommerce. */
export const EXAMPLE_MAPPING = {
  phone: '$.billing.phone',
  field_1: '$.billing.first_name',
  field_2: '${$.total} ${$.currency}',
  button_0: '$.id',
  'contact.firstname': '$.billing.first_name',
  'contact.lastname': '$.billing.last_name',
};
export const EXAMPLE_CONDITIONS = [{ path: '$.status', op: 'in', value: ['processing', 'completed'] }];

/** A text, or a list of texts. */
export const COUNTRY = {
  oneOf: [
    { type: 'string', maxLength: MAX_RULE_TEXT },
    { type: 'array', items: { type: 'string', maxLength: MAX_RULE_TEXT }, maxItems: MAX_ALTERNATIVES },
  ],
};

/** Body of create. Mapping, conditions and country are checked by their own parsers. */
export class CreateListenerDto {
  @ApiProperty({
    type: String,
    enum: LISTENER_KINDS,
    example: 'woocommerce',
    description: 'What calls the address, and so how the calls are signed. Cannot be changed.',
  })
  @IsIn(LISTENER_KINDS)
  kind: ListenerKind;

  @RequiredPlainText({ max: 255, example: 'Paid orders', description: 'For you; needs not be unique.' })
  name: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: 255,
    example: 'a-long-random-text-0123456789',
    description:
      'What the calls are signed with; stored encrypted and never shown. Required for `woocommerce` and `shopify`: the same as in the store. For `generic` a Standard Webhooks secret (Base64 of 24 to 64 bytes, with or without `whsec_`), or none: then anybody who knows the address can call it.',
  })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @IsString()
  @MaxCodePoints(255)
  secret?: string;

  @RequiredPlainText({
    max: MAX_TEMPLATE_NAME,
    example: 'order_paid',
    description: 'The template to send. Whether it exists and is approved is looked at with each payload.',
  })
  template_name: string;

  @RequiredPlainText({ max: 10, example: 'en_US', description: 'Its language.' })
  language: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, maxItems: 5 }] },
    example: EXAMPLE_MAPPING,
    description:
      'Fields of the template message, each with a path, a text with paths, or up to five of these, of which the first that is found counts.',
  })
  @Allow()
  mapping: unknown;

  @ApiPropertyOptional({
    type: 'array',
    maxItems: 20,
    items: {
      type: 'object',
      required: ['path', 'op'],
      properties: {
        path: { type: 'string', example: '$.status' },
        op: { type: 'string', enum: ['eq', 'ne', 'in', 'exists', 'gt', 'lt'], example: 'eq' },
        value: { description: 'What to compare with; a list for `in`.', example: 'processing' },
      },
    },
    example: EXAMPLE_CONDITIONS,
    description: 'Nothing is sent unless all of them hold.',
  })
  @Allow()
  conditions?: unknown;

  @OptionalPlainText({
    max: MAX_RULE_TEXT,
    example: '$.id',
    description:
      'A path, or a text with paths: of all payloads for which it comes to the same, one leads to a message (remembered for 90 days). For stores that say again and again that an order is paid.',
  })
  once_per?: string | null;

  @ApiPropertyOptional({
    ...COUNTRY,
    nullable: true,
    example: 'EG',
    description:
      'How phone numbers without a country code are read: as they are dialled in this country (ISO 3166-1, two letters), or in the one that a path finds, such as `$.billing.country`. Of up to five the first that is found counts.',
  })
  @Transform(trimmedOrNull)
  @Allow()
  default_country?: unknown;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: MAX_DELAY_MINUTES,
    default: 0,
    example: 0,
    description:
      'How long a payload waits, minutes, before conditions, mapping and template are looked at. When its time has come and a newer one for the same `once_per` is there, it is passed over (`REPLACED`): the newest counts, so many minutes after it came. For baskets that nobody touches any more. A change counts for payloads that come later.',
  })
  @Transform(integerText)
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_DELAY_MINUTES)
  delay_minutes?: number;

  @ApiPropertyOptional({
    type: Boolean,
    default: true,
    example: true,
    description: '`false`: payloads are taken and listed, and nothing is sent.',
  })
  @Transform(booleanText)
  @IsOptional()
  @IsBoolean()
  enabled?: boolean;
}

/** Body of update: what is left out stays; `null` takes away what may be missing. */
export class UpdateListenerDto extends PartialType(CreateListenerDto) {}
