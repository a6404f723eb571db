import { ApiProperty } from '@nestjs/swagger';

/** How much of one limit is used. */
export class UsageDto {
  @ApiProperty({ type: 'integer', example: 250 })
  current: number;

  @ApiProperty({ type: 'integer', nullable: true, example: 1000, description: '-1: unlimited; null: not configured.' })
  limit: number | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 750, description: 'Null when there is no end to it.' })
  remaining: number | null;

  @ApiProperty({ type: Number, example: 25, description: '0 to 100, with up to two decimals; 0 when unlimited.' })
  percentage_used: number;

  @ApiProperty({ type: Boolean, example: false })
  is_unlimited: boolean;
}

/** How much of the plan is used. */
export class AccountUsageDto {
  @ApiProperty({ type: () => UsageDto })
  contacts: UsageDto;

  @ApiProperty({
    type: () => UsageDto,
    description:
      "Opened in this month (UTC). A conversation is one contact's 24 hours with one of your numbers; it opens when a message is accepted and none is open, and only messages that you send open one.",
  })
  conversations: UsageDto;

  @ApiProperty({ type: () => UsageDto })
  campaigns: UsageDto;

  @ApiProperty({ type: () => UsageDto })
  staff: UsageDto;
}
