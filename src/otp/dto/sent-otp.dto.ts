import { ApiProperty } from '@nestjs/swagger';
import { SentDto } from '../../messages/dto/sent.dto.js';

/** `data` of the answer to `POST /auth/send-otp` and `POST /auth/resend`. The code is not part of it. */
export class SentOtpDto extends SentDto {
  @ApiProperty({ type: String, example: 'verification_code' })
  template_name: string;

  @ApiProperty({ type: String, example: 'en_US' })
  language: string;

  @ApiProperty({ enum: [true], example: true, description: 'The code is sent, or will be (`status`).' })
  code_sent: true;

  @ApiProperty({ type: 'integer', example: 10 })
  expiry_minutes: number;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T08:10:00+00:00' })
  expires_at: string;
}
