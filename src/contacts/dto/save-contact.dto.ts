import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsEmail, IsIn, IsInt, IsOptional, Max, MaxLength, Min } from 'class-validator';
import { OptionalPlainText, RequiredPlainText, trimmedOrNull } from '../../platform/http/validation/plain-text.js';
import { IsPhone } from '../../platform/phone/is-phone.js';
import { CONTACT_TYPES, type ContactType } from './contact.dto.js';
import { integerValue, integerValues } from './ids.js';

/** Groups that one contact may be put into at once. */
export const MAX_GROUPS = 1000;
/** Codes of countries have three digits (ISO 3166-1 numeric). */
const MAX_COUNTRY = 999;

const emptyAsNull = ({ value }: TransformFnParams): unknown => (value === '' ? null : integerValue(value));

/** Body of `POST /contacts`, and a member of a batch. */
export class CreateContactDto {
  @RequiredPlainText({ max: 255, example: 'Mona' })
  firstname: string;

  @RequiredPlainText({ max: 255, example: 'Ali' })
  lastname: string;

  @ApiProperty({
    type: String,
    maxLength: 20,
    example: '+20 100 000 0000',
    description:
      'Country code and number, digits with optional `+`, `-`, spaces and parentheses; at most 20 characters. `+20 100…`, `20100…` and `0020100…` are one number; no other contact may have it.',
  })
  @IsPhone()
  phone: string;

  @ApiProperty({ type: String, enum: CONTACT_TYPES, example: 'lead' })
  @IsIn(CONTACT_TYPES, { message: `type must be one of ${CONTACT_TYPES.join(', ')}` })
  type: ContactType;

  @ApiProperty({ type: 'integer', example: 3, description: 'A source of yours.' })
  @Transform(({ value }) => integerValue(value))
  @IsInt({ message: 'source_id must be an integer' })
  source_id: number;

  @ApiProperty({ type: 'integer', example: 5, description: 'A status of yours.' })
  @Transform(({ value }) => integerValue(value))
  @IsInt({ message: 'status_id must be an integer' })
  status_id: number;

  @ApiPropertyOptional({
    type: String,
    format: 'email',
    nullable: true,
    maxLength: 191,
    example: 'mona@example.com',
    description: 'No other contact may have it; upper and lower case make no difference.',
  })
  @Transform(trimmedOrNull)
  @IsOptional()
  @IsEmail()
  @MaxLength(191)
  email?: string | null;

  @OptionalPlainText({ max: 255, example: 'Little Shop' })
  company?: string | null;

  @OptionalPlainText({ max: 65_535, example: 'Asked for the summer catalogue.' })
  description?: string | null;

  @OptionalPlainText({ max: 255, example: 'Cairo' })
  city?: string | null;

  @OptionalPlainText({ max: 255, example: 'Cairo Governorate' })
  state?: string | null;

  @OptionalPlainText({ max: 20, example: '11511' })
  zip?: string | null;

  @OptionalPlainText({ max: 500, example: '6 Tahrir Square' })
  address?: string | null;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: MAX_COUNTRY,
    example: 818,
    description: 'ISO 3166-1 numeric code of the country.',
  })
  @Transform(emptyAsNull)
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_COUNTRY)
  country_id?: number | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 2, description: 'A member of your staff.' })
  @Transform(emptyAsNull)
  @IsOptional()
  @IsInt()
  assigned_id?: number | null;

  @ApiPropertyOptional({
    type: 'integer',
    isArray: true,
    maxItems: MAX_GROUPS,
    example: [4, 9],
    description: 'Ids of groups of yours. An update replaces all memberships.',
  })
  @Transform(({ value }) => integerValues(value))
  @IsOptional()
  @IsArray({ message: 'groups must be a list of group ids' })
  @ArrayMaxSize(MAX_GROUPS, { message: `groups must not have over ${MAX_GROUPS} members` })
  @IsInt({ each: true, message: 'each of groups must be an integer' })
  groups?: number[] | null;
}

/** Body of `PATCH /contacts/{id}`: what is absent stays as it is. */
export class UpdateContactDto extends PartialType(CreateContactDto, { skipNullProperties: false }) {}
