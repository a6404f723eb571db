import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsEmail, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min, Validate } from 'class-validator';
import { ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator';
import { countryIdOf } from '../../contacts/countries.js';
import { MaxCodePoints } from '../../platform/http/validation/code-points.js';
import { emptyAsAbsent, integerText } from './form-values.js';

/** Largest id that the database's integer columns hold. */
export const MAX_ID = 2_147_483_647;

@ValidatorConstraint({ name: 'isCountry' })
class IsCountry implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return typeof value === 'string' && countryIdOf(value) !== undefined;
  }

  defaultMessage(): string {
    return 'country must be the English name or the ISO 3166-1 code of a country';
  }
}

/** Fields for the contact that a send creates when its phone is new; ignored when the contact exists. */
export class ContactFieldsDto {
  @ApiPropertyOptional({ type: String, maxLength: 255, example: 'Mona', description: 'First name of a new contact.' })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @IsString()
  @MaxCodePoints(255)
  firstname?: string;

  @ApiPropertyOptional({ type: String, maxLength: 255, example: 'Ali', description: 'Last name of a new contact.' })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @IsString()
  @MaxCodePoints(255)
  lastname?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'email',
    maxLength: 191,
    example: 'mona@example.com',
    description: 'E-mail of a new contact; no other contact may have it.',
  })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @IsEmail()
  @MaxLength(191)
  email?: string;

  @ApiPropertyOptional({
    type: String,
    example: 'Egypt',
    description: 'Country of a new contact: English name or ISO 3166-1 code.',
  })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @Validate(IsCountry)
  country?: string;

  @ApiPropertyOptional({
    type: 'integer',
    example: 3,
    description: 'Member of your staff who looks after a new contact.',
  })
  @Transform(integerText)
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_ID)
  assigned_id?: number;

  @ApiPropertyOptional({
    type: String,
    example: '4,9',
    description: 'Groups of a new contact: ids, separated by commas.',
  })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @IsString()
  @MaxLength(5000)
  @Matches(/^\s*\d{1,9}\s*(,\s*\d{1,9}\s*)*$/, { message: 'groups must be group ids separated by commas' })
  groups?: string;
}
