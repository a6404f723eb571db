import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { CODE } from '../one-time-code.js';
import { CodeReferenceDto } from './code-reference.dto.js';

/** Body of `POST /auth/verify`. */
export class VerifyOtpDto extends CodeReferenceDto {
  @ApiProperty({
    type: String,
    minLength: 4,
    maxLength: 15,
    pattern: CODE.source,
    example: '483927',
    description: 'What the person typed. Upper and lower case differ.',
  })
  @Matches(CODE, { message: 'code must have 4 to 15 letters and digits' })
  code: string;
}
