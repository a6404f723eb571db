import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsDefined, IsObject, IsOptional, ValidateBy, ValidateNested } from 'class-validator';
import { emptyAsAbsent } from './form-values.js';
import { OptionalList } from './object-list.js';
import { OptionalText, RequiredText } from './text-fields.js';

/** Longest field of a card that is taken, in code points, and most entries of each kind; WhatsApp documents neither. */
const MAX_FIELD = 1024;
const MAX_ENTRIES = 100;

const entries = (of: () => new () => object) => ({ of, min: 0, max: MAX_ENTRIES });

/** A day of the calendar, as `YYYY-MM-DD`. */
const IsDay = (): PropertyDecorator =>
  ValidateBy({
    name: 'isDay',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' &&
        /^\d{4}-\d{2}-\d{2}$/.test(value) &&
        !Number.isNaN(Date.parse(value)) &&
        new Date(value).toISOString().startsWith(value),
      defaultMessage: (args) => `${args?.property ?? 'value'} must be a day of the form YYYY-MM-DD`,
    },
  });

export class CardNameDto {
  @RequiredText({ max: MAX_FIELD, example: 'Mona Ali', description: 'The whole name, as it is shown.' })
  formatted_name: string;

  @OptionalText({ max: MAX_FIELD, example: 'Mona' })
  first_name?: string;

  @OptionalText({ max: MAX_FIELD, example: 'Ali' })
  last_name?: string;

  @OptionalText({ max: MAX_FIELD, example: 'Samir' })
  middle_name?: string;

  @OptionalText({ max: MAX_FIELD, example: 'Dr.' })
  prefix?: string;

  @OptionalText({ max: MAX_FIELD, example: 'Jr.' })
  suffix?: string;
}

export class CardPhoneDto {
  @OptionalText({ max: MAX_FIELD, example: '+20 100 000 0001' })
  phone?: string;

  @OptionalText({ max: MAX_FIELD, example: 'WORK' })
  type?: string;

  @OptionalText({
    max: MAX_FIELD,
    example: '201000000001',
    description: 'Its WhatsApp id: the card then offers to write to it, without one to invite it.',
  })
  wa_id?: string;
}

export class CardEmailDto {
  @OptionalText({ max: MAX_FIELD, example: 'mona@example.com' })
  email?: string;

  @OptionalText({ max: MAX_FIELD, example: 'WORK' })
  type?: string;
}

export class CardUrlDto {
  @OptionalText({ max: MAX_FIELD, example: 'https://example.com' })
  url?: string;

  @OptionalText({ max: MAX_FIELD, example: 'WORK' })
  type?: string;
}

export class CardAddressDto {
  @OptionalText({ max: MAX_FIELD, example: '6 Tahrir Square' })
  street?: string;

  @OptionalText({ max: MAX_FIELD, example: 'Cairo' })
  city?: string;

  @OptionalText({ max: MAX_FIELD, example: 'Cairo Governorate' })
  state?: string;

  @OptionalText({ max: MAX_FIELD, example: '11511' })
  zip?: string;

  @OptionalText({ max: MAX_FIELD, example: 'Egypt' })
  country?: string;

  @OptionalText({ max: MAX_FIELD, example: 'EG' })
  country_code?: string;

  @OptionalText({ max: MAX_FIELD, example: 'WORK' })
  type?: string;
}

export class CardOrganizationDto {
  @OptionalText({ max: MAX_FIELD, example: 'Example Shop' })
  company?: string;

  @OptionalText({ max: MAX_FIELD, example: 'Support' })
  department?: string;

  @OptionalText({ max: MAX_FIELD, example: 'Manager' })
  title?: string;
}

/** A contact card, as WhatsApp has it. */
export class ContactCardDto {
  @ApiProperty({ type: () => CardNameDto })
  @IsDefined({ message: 'name is required' })
  @IsObject()
  @ValidateNested()
  @Type(() => CardNameDto)
  name: CardNameDto;

  @OptionalList(entries(() => CardPhoneDto))
  phones?: CardPhoneDto[];

  @OptionalList(entries(() => CardEmailDto))
  emails?: CardEmailDto[];

  @OptionalList(entries(() => CardUrlDto))
  urls?: CardUrlDto[];

  @OptionalList(entries(() => CardAddressDto))
  addresses?: CardAddressDto[];

  @ApiPropertyOptional({ type: () => CardOrganizationDto })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => CardOrganizationDto)
  org?: CardOrganizationDto;

  @ApiPropertyOptional({ type: String, format: 'date', example: '1990-05-17' })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @IsDay()
  birthday?: string;
}
