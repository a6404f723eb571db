import { ApiProperty } from '@nestjs/swagger';

/** Why an endpoint is disabled when it was not the tenant who did it. */
export const DISABLED_REASONS = ['failing', 'gone', 'operator'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

const TIME = { type: String, format: 'date-time', example: '2026-01-01T08:00:00+00:00' } as const;
const TIME_OR_NULL = { type: String, format: 'date-time', nullable: true, example: null } as const;

/** An endpoint. */
export class WebhookDto {
  @ApiProperty({ type: 'integer', example: 7 })
  id: number;

  @ApiProperty({ type: String, example: 'https://shop.example/hooks/rasl?shop=7' })
  url: string;

  @ApiProperty({ type: String, isArray: true, example: ['contact.*', 'message.received'] })
  events: string[];

  @ApiProperty({ type: String, nullable: true, example: 'Web shop' })
  description: string | null;

  @ApiProperty({
    type: String,
    isArray: true,
    example: ['X-Api-Key'],
    description: 'Names of your own headers; their values are not shown.',
  })
  header_names: string[];

  @ApiProperty({ type: 'boolean', example: true })
  enabled: boolean;

  @ApiProperty({
    type: String,
    nullable: true,
    enum: [...DISABLED_REASONS, null],
    example: null,
    description:
      'Why we disabled it: `failing`, nothing arrived for 3 days, `gone`, it answered HTTP 410, or `operator`, by hand. Null when it is enabled, or you disabled it.',
  })
  disabled_reason: string | null;

  @ApiProperty({ ...TIME_OR_NULL, description: 'When it was disabled, by us or by you.' })
  disabled_at: string | null;

  @ApiProperty({ ...TIME_OR_NULL, description: 'The first failure since a delivery last succeeded.' })
  failing_since: string | null;

  @ApiProperty({ ...TIME_OR_NULL, description: 'Until then the secret before the present one signs, too.' })
  previous_secret_expires_at: string | null;

  @ApiProperty(TIME)
  created_at: string;

  @ApiProperty(TIME)
  updated_at: string;
}

/** An endpoint whose secret is new: it is shown this once. */
export class WebhookWithSecretDto extends WebhookDto {
  @ApiProperty({
    type: String,
    example: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD3dBfXWUMEXA=',
    description: 'Signs every delivery. Keep it; it is not shown again.',
  })
  secret: string;
}
