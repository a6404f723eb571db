import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, IsString } from 'class-validator';
import { MaxCodePoints } from '../../platform/http/validation/code-points.js';
import { IsPhone } from '../../platform/phone/is-phone.js';
import { emptyAsAbsent } from '../../messages/dto/form-values.js';
import { DEFAULT_PURPOSE, MAX_PURPOSE } from '../one-time-code.js';

/** Which code is meant: that of a phone, for a purpose. */
export class CodeReferenceDto {
  @ApiProperty({
    type: String,
    maxLength: 20,
    example: '201000000000',
    description:
      'Country code and number, digits with optional `+`, `-`, spaces and parentheses; at most 20 characters.',
  })
  @IsPhone()
  phone: string;

  @ApiPropertyOptional({
    type: String,
    maxLength: MAX_PURPOSE,
    default: DEFAULT_PURPOSE,
    example: 'login',
    description: 'What the code is for. Each purpose of a phone has a code, attempts and an expiry of its own.',
  })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @IsString()
  @MaxCodePoints(MAX_PURPOSE)
  purpose?: string;
}
