import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, ValidateBy } from 'class-validator';
import { parseMoment } from '../../../platform/http/validation/moment.js';
import { IsEvents } from '../../endpoints/dto/save-webhook.dto.js';
import { SUBSCRIPTIONS } from '../../events/subscriptions.js';

const IsMoment = (): PropertyDecorator =>
  ValidateBy({
    name: 'isMoment',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && parseMoment(value) !== undefined,
      defaultMessage: (args) =>
        `${args?.property ?? 'value'} must be a time as ISO 8601 with its zone, such as 2026-01-31T09:30:00+02:00`,
    },
  });

/** Body of `POST /webhooks/{id}/replay`. */
export class ReplayDto {
  @ApiProperty({
    type: String,
    format: 'date-time',
    example: '2026-01-01T08:00:00Z',
    description: 'Events from then on, by `event.timestamp`: ISO 8601 with a time zone.',
  })
  @IsMoment()
  since: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
    description: 'Events before then; without it, all until now.',
  })
  @IsOptional()
  @IsMoment()
  until?: string | null;

  @ApiPropertyOptional({
    type: String,
    isArray: true,
    nullable: true,
    enum: [...SUBSCRIPTIONS],
    example: null,
    description: 'Of these events; without it, of those that the webhook asks for.',
  })
  @IsOptional()
  @IsEvents()
  events?: string[] | null;
}

/** What a replay came to. */
export class ReplayedDto {
  @ApiProperty({ type: 'integer', example: 214, description: 'Deliveries that were added.' })
  replayed: number;
}
