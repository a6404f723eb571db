import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  ValidateBy,
  ValidateIf,
} from 'class-validator';
import { OptionalPlainText, trimmed } from '../../../platform/http/validation/plain-text.js';
import { SUBSCRIPTIONS } from '../../events/subscriptions.js';
import { faultOfHeaders, faultOfUrl, MAX_HEADERS, MAX_URL } from '../endpoint-rules.js';

/** A rule that is told by a sentence, or not broken. */
const Obeys = (name: string, faultOf: (value: unknown) => string | undefined): PropertyDecorator =>
  ValidateBy({
    name,
    validator: {
      validate: (value: unknown) => faultOf(value) === undefined,
      defaultMessage: (args) => `${args?.property ?? 'value'} ${faultOf(args?.value) ?? 'is wrong'}`,
    },
  });

/** Forms know texts alone. */
const asBoolean = ({ value }: TransformFnParams): unknown =>
  value === 'true' ? true : value === 'false' ? false : (value as unknown);

/** Names of events, as a field of a body. */
export const IsEvents = (): PropertyDecorator => (target, property) => {
  for (const rule of [
    IsArray({ message: 'events must be a list of names' }),
    ArrayMinSize(1, { message: 'events must name at least one' }),
    ArrayMaxSize(SUBSCRIPTIONS.length, { message: `events must not name more than ${SUBSCRIPTIONS.length}` }),
    ArrayUnique({ message: 'events must not name one twice' }),
    IsIn([...SUBSCRIPTIONS], { each: true, message: `each of events must be one of ${SUBSCRIPTIONS.join(', ')}` }),
  ])
    rule(target, property);
};

/** Body of `POST /webhooks`. */
export class CreateWebhookDto {
  @ApiProperty({
    type: String,
    format: 'uri',
    maxLength: MAX_URL,
    example: 'https://shop.example/hooks/rasl?shop=7',
    description:
      'Where events are posted: http or https, without user name, password and fragment, on port 80, 443 or one from 1024 on. Its host must have public addresses only.',
  })
  @Transform(trimmed)
  @Obeys('isWebhookUrl', faultOfUrl)
  url: string;

  @ApiProperty({
    type: String,
    isArray: true,
    enum: [...SUBSCRIPTIONS],
    minItems: 1,
    example: ['contact.*', 'message.received'],
    description: 'Names of events, `contact.*` and so on for all of a resource, `*` for everything.',
  })
  @IsEvents()
  events: string[];

  @OptionalPlainText({ max: 255, example: 'Web shop' })
  description?: string | null;

  @ApiPropertyOptional({
    type: 'object',
    nullable: true,
    additionalProperties: { type: 'string' },
    maxProperties: MAX_HEADERS,
    example: { 'X-Api-Key': 'k-41b9f4a' },
    description:
      'Sent with every delivery, such as an access key of your own. Stored encrypted, never shown again. Headers that we or the connection set cannot be given. An update replaces all of them; null takes them away.',
  })
  @IsOptional()
  @Obeys('areHeaders', faultOfHeaders)
  headers?: Record<string, string> | null;

  @ApiPropertyOptional({ type: 'boolean', default: true, example: true })
  @Transform(asBoolean)
  @ValidateIf((_dto, value) => value !== undefined)
  @IsBoolean()
  enabled?: boolean;
}

/** Body of `PATCH /webhooks/{id}`: what is absent stays as it is. */
export class UpdateWebhookDto extends PartialType(CreateWebhookDto, { skipNullProperties: false }) {}
