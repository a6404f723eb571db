import { ApiProperty } from '@nestjs/swagger';
import type { PlanFeature } from '../../plan-features.js';

/** One limit of a plan. */
export class LimitDto {
  @ApiProperty({ type: 'integer', example: 1000, description: '-1: unlimited.' })
  limit: number;

  @ApiProperty({ type: String, example: 'Contacts', description: 'What is limited, for people.' })
  feature_name: string;

  @ApiProperty({ type: Boolean, example: false })
  is_unlimited: boolean;
}

/** The limits of a plan. */
export class PlanLimitsDto {
  @ApiProperty({ type: () => LimitDto })
  contacts: LimitDto;

  @ApiProperty({ type: () => LimitDto, description: 'In a month (UTC).' })
  conversations: LimitDto;

  @ApiProperty({ type: () => LimitDto })
  campaigns: LimitDto;

  @ApiProperty({ type: () => LimitDto })
  staff: LimitDto;

  @ApiProperty({ type: () => LimitDto, description: 'Of the token that makes this call.' })
  api_calls_per_minute: LimitDto;
}

/** The switches of a plan. */
export class PlanFeaturesDto implements Record<PlanFeature, boolean> {
  @ApiProperty({ type: Boolean, example: true, description: 'Template messages may be sent.' })
  whatsapp_templates: boolean;

  @ApiProperty({ type: Boolean, example: true })
  bulk_messaging: boolean;

  @ApiProperty({ type: Boolean, example: false })
  chatbot: boolean;

  @ApiProperty({ type: Boolean, example: false })
  advanced_analytics: boolean;

  @ApiProperty({ type: Boolean, example: true, description: 'Always true here: without it, calls are refused.' })
  api_access: boolean;

  @ApiProperty({ type: Boolean, example: false })
  custom_branding: boolean;
}

/** What the plan allows. */
export class AccountLimitsDto {
  @ApiProperty({ type: () => PlanLimitsDto })
  limits: PlanLimitsDto;

  @ApiProperty({ type: () => PlanFeaturesDto })
  features: PlanFeaturesDto;
}
