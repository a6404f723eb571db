import { ApiProperty } from '@nestjs/swagger';

/** `data` of the answer to `POST /auth/verify`. */
export class VerifiedOtpDto {
  @ApiProperty({ type: String, example: '201000000000', description: 'Digits only.' })
  phone: string;

  @ApiProperty({ type: String, example: 'login' })
  purpose: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T07:58:39+00:00' })
  verified_at: string;
}
