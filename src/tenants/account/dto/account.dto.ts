import { ApiProperty } from '@nestjs/swagger';

/** What the tenant has subscribed to. */
export class SubscriptionDto {
  @ApiProperty({ type: String, example: 'Business', description: '`Free` without an active subscription.' })
  plan_name: string;

  @ApiProperty({ type: 'integer', nullable: true, example: 3, description: 'Null when there is no such plan.' })
  plan_id: number | null;

  @ApiProperty({
    type: String,
    enum: ['active', 'expired', 'cancelled'],
    nullable: true,
    example: 'active',
    description: 'Null without a subscription.',
  })
  status: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-12-31T00:00:00+00:00',
    description: 'End of the billing period; null when it has none.',
  })
  expires_at: string | null;
}

/** The tenant. */
export class AccountDto {
  @ApiProperty({ type: 'integer', example: 4 })
  id: number;

  @ApiProperty({ type: String, example: 'Blue Shop', description: 'Name of the company, else the subdomain.' })
  name: string;

  @ApiProperty({ type: String, example: 'blue-shop' })
  subdomain: string;

  @ApiProperty({ type: String, example: 'active' })
  status: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T08:00:00+00:00' })
  created_at: string;

  @ApiProperty({ type: () => SubscriptionDto })
  subscription: SubscriptionDto;
}
