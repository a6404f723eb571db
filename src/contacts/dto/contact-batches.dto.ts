import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsObject, IsOptional, ValidateBy, ValidateNested } from 'class-validator';
import { ContactDto } from './contact.dto.js';
import { IdList, MAX_MEMBERS } from './ids.js';
import { CreateContactDto } from './save-contact.dto.js';

/** A form sends yes and no as text. */
export const booleanValue = ({ value }: { value: unknown }): unknown =>
  value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : value;

export class BatchOptionsDto {
  @ApiPropertyOptional({
    type: Boolean,
    default: true,
    example: true,
    description: 'Members that are wrong are reported, and the others created. `false`: all or nothing.',
  })
  @Transform(booleanValue)
  @IsOptional()
  @IsBoolean()
  continue_on_error?: boolean | null;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    example: false,
    description: 'Members whose phone a contact has already, or an earlier member, are skipped and are no errors.',
  })
  @Transform(booleanValue)
  @IsOptional()
  @IsBoolean()
  skip_duplicates?: boolean | null;
}

function listFault(value: unknown): string | undefined {
  if (value === undefined || value === null) return 'is required';
  if (!Array.isArray(value)) return 'must be a list of contacts';
  if (value.length === 0) return 'must not be empty';
  return value.length > MAX_MEMBERS ? `must not have over ${MAX_MEMBERS} members` : undefined;
}

/** Body of `POST /contacts/batch`. Members are checked one by one, for a wrong one may cost only itself. */
export class CreateBatchDto {
  @ApiProperty({ type: () => CreateContactDto, isArray: true, minItems: 1, maxItems: MAX_MEMBERS })
  @ValidateBy({
    name: 'contactList',
    validator: {
      validate: (value: unknown) => listFault(value) === undefined,
      defaultMessage: (args) => `contacts ${listFault(args?.value) ?? 'is wrong'}`,
    },
  })
  contacts: unknown[];

  @ApiPropertyOptional({ type: () => BatchOptionsDto })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => BatchOptionsDto)
  options?: BatchOptionsDto | null;
}

/** Body of `DELETE /contacts/batch`. */
export class DeleteBatchDto {
  @IdList('Ids of contacts.')
  ids: number[];
}

export class CreateSummaryDto {
  @ApiProperty({ type: 'integer', example: 3 })
  total: number;

  @ApiProperty({ type: 'integer', example: 1 })
  created: number;

  @ApiProperty({ type: 'integer', example: 1 })
  skipped: number;

  @ApiProperty({ type: 'integer', example: 1 })
  failed: number;
}

const GIVEN = {
  description: 'The member as it was given.',
  type: 'object' as const,
  additionalProperties: true,
  example: { firstname: 'Mona', phone: '+201000000000' },
};

export class SkippedContactDto {
  @ApiProperty({ type: 'integer', example: 1, description: 'Place in `contacts`, from 0.' })
  index: number;

  @ApiProperty({ type: String, example: 'Another contact has this phone already.' })
  reason: string;

  @ApiProperty(GIVEN)
  data: unknown;
}

export class FailedContactDto {
  @ApiProperty({ type: 'integer', example: 2, description: 'Place in `contacts`, from 0.' })
  index: number;

  @ApiProperty({ type: String, example: 'VALIDATION_ERROR', description: 'Or `FEATURE_LIMIT_EXCEEDED`.' })
  code: string;

  @ApiProperty({ type: String, example: 'The given data was invalid' })
  message: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { phone: ['phone must be a possible phone number with its country code'] },
    description: 'What `error.details` of a single create would hold.',
  })
  details: unknown;

  @ApiProperty(GIVEN)
  data: unknown;
}

/** What a batch created. */
export class CreatedBatchDto {
  @ApiProperty({ type: Boolean, example: true, description: 'The batch was carried out; `summary` tells how it went.' })
  success: boolean;

  @ApiProperty({ type: () => CreateSummaryDto })
  summary: CreateSummaryDto;

  @ApiProperty({ type: () => ContactDto, isArray: true })
  created: ContactDto[];

  @ApiProperty({ type: () => SkippedContactDto, isArray: true })
  skipped: SkippedContactDto[];

  @ApiProperty({ type: () => FailedContactDto, isArray: true })
  errors: FailedContactDto[];
}

export class DeleteSummaryDto {
  @ApiProperty({ type: 'integer', example: 3 })
  total: number;

  @ApiProperty({ type: 'integer', example: 2 })
  deleted: number;

  @ApiProperty({ type: 'integer', example: 1, description: 'Ids that none of your contacts has, and repeated ones.' })
  failed: number;
}

/** What a batch deleted. */
export class DeletedBatchDto {
  @ApiProperty({ type: Boolean, example: true, description: 'The batch was carried out; `summary` tells how it went.' })
  success: boolean;

  @ApiProperty({ type: () => DeleteSummaryDto })
  summary: DeleteSummaryDto;
}
