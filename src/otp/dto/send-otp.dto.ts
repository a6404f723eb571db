import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';
import { CODE } from '../one-time-code.js';
import { ResendOtpDto } from './resend-otp.dto.js';

/** Body of `POST /auth/send-otp`. */
export class SendOtpDto extends ResendOtpDto {
  @ApiPropertyOptional({
    type: String,
    minLength: 4,
    maxLength: 15,
    pattern: CODE.source,
    example: '483927',
    description: 'A code of your own: 4 to 15 letters and digits. Without it, random digits are sent.',
  })
  @IsOptional()
  @Matches(CODE, { message: 'code must have 4 to 15 letters and digits' })
  code?: string;
}
