import { ApiProperty } from '@nestjs/swagger';

/** A template that can send codes, as `GET /auth/templates` shows it. */
export class AuthTemplateDto {
  @ApiProperty({ type: 'integer', example: 5 })
  id: number;

  @ApiProperty({ type: String, example: 'verification_code' })
  template_name: string;

  @ApiProperty({ type: String, example: 'en_US' })
  language: string;

  @ApiProperty({
    type: String,
    example: '*{{1}}* is your verification code.',
    description: '`{{1}}` is the code; `{{2}}`, where there is one, its minutes.',
  })
  body_text: string;

  @ApiProperty({ type: 'integer', example: 1, description: 'Beyond 2, a send needs `additional_params`.' })
  body_params_count: number;

  @ApiProperty({ enum: ['TEXT', 'IMAGE', 'VIDEO', 'DOCUMENT', 'LOCATION', 'NONE'], example: 'NONE' })
  header_format: string;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Of a text header.' })
  header_text: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  footer_text: string | null;

  @ApiProperty({ enum: ['APPROVED'], example: 'APPROVED', description: 'Others are not listed.' })
  status: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T08:00:00+00:00' })
  created_at: string;
}
