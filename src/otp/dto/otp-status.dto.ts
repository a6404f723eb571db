import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** `data` of the answer to `POST /auth/status`. Without an active code only `has_active_otp` and `message` are there. */
export class OtpStatusDto {
  @ApiProperty({
    type: Boolean,
    example: true,
    description: 'A code was sent and not verified yet. It may have expired: see `is_expired`.',
  })
  has_active_otp: boolean;

  @ApiPropertyOptional({
    type: String,
    example: 'No one-time code is active for this phone and purpose',
    description: 'Only when there is no active code.',
  })
  message?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', example: '2026-01-01T08:03:14+00:00' })
  expires_at?: string;

  @ApiPropertyOptional({ type: 'integer', example: 275, description: 'Whole seconds; negative once it has expired.' })
  expires_in_seconds?: number;

  @ApiPropertyOptional({ type: Boolean, example: false })
  is_expired?: boolean;

  @ApiPropertyOptional({ type: 'integer', example: 0, description: 'How often a code was tried.' })
  verification_attempts?: number;

  @ApiPropertyOptional({ type: 'integer', example: 5 })
  max_attempts?: number;

  @ApiPropertyOptional({ type: 'integer', example: 5 })
  attempts_remaining?: number;

  @ApiPropertyOptional({ type: String, format: 'date-time', example: '2026-01-01T07:53:14+00:00' })
  created_at?: string;
}
