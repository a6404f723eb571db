import { Injectable } from '@nestjs/common';
import { notFound } from '../../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { timestamp, timestampOrNull } from '../../platform/http/timestamp.js';
import { FREE_PLAN, PLAN_FEATURES, type PlanFeature } from '../plan-features.js';
import { type Account, AccountRepository } from './account.repository.js';
import type { AccountDto } from './dto/account.dto.js';
import type { AccountLimitsDto, LimitDto, PlanFeaturesDto } from './dto/account-limits.dto.js';
import type { AccountUsageDto } from './dto/account-usage.dto.js';
import { usageOf } from './usage-of.js';

/**
 * Campaigns are made elsewhere: no call of this API makes one, so none is ever in use. The limit is shown for the
 * programs that do.
 */
const CAMPAIGNS_IN_USE = 0;

/** What a tenant may see of its account: who it is, what its plan allows, and how much of that is used. */
@Injectable()
export class AccountService {
  constructor(private readonly accounts: AccountRepository) {}

  /** @throws ApiError 404 when the tenant is gone */
  async account({ tenantId }: AuthenticatedTenant): Promise<AccountDto> {
    const account = await this.find(tenantId);
    const isActive = account.subscriptionStatus === 'active';
    const isFree = account.planName === FREE_PLAN;
    return {
      id: account.id,
      name: account.name.trim() === '' ? account.subdomain : account.name,
      subdomain: account.subdomain,
      status: account.status,
      created_at: timestamp(account.createdAt),
      subscription: {
        plan_name: isActive && account.planName !== null ? account.planName : FREE_PLAN,
        plan_id: isActive || isFree ? account.planId : null,
        status: account.subscriptionStatus,
        expires_at: timestampOrNull(account.subscriptionExpiresAt),
      },
    };
  }

  /** @throws ApiError 404 when the tenant is gone */
  async usage({ tenantId }: AuthenticatedTenant): Promise<AccountUsageDto> {
    const account = await this.find(tenantId);
    return {
      contacts: usageOf(account.contacts, account.limitContacts),
      conversations: usageOf(account.conversations, account.limitConversations),
      campaigns: usageOf(CAMPAIGNS_IN_USE, account.limitCampaigns),
      staff: usageOf(account.staff, account.limitStaff),
    };
  }

  /** @throws ApiError 404 when the tenant is gone */
  async limits({ tenantId, rateLimitPerMinute }: AuthenticatedTenant): Promise<AccountLimitsDto> {
    const account = await this.find(tenantId);
    return {
      limits: {
        contacts: limitOf('Contacts', account.limitContacts),
        conversations: limitOf('Conversations per month', account.limitConversations),
        campaigns: limitOf('Campaigns', account.limitCampaigns),
        staff: limitOf('Staff', account.limitStaff),
        api_calls_per_minute: limitOf('API calls per minute', rateLimitPerMinute),
      },
      features: featuresOf(account.features),
    };
  }

  private async find(tenantId: number): Promise<Account> {
    const account = await this.accounts.find(tenantId);
    if (!account) throw notFound('There is no such account.');
    return account;
  }
}

/** Where no plan sets a limit, nothing is limited. */
function limitOf(featureName: string, limit: number | null): LimitDto {
  const known = limit === null || limit < 0 ? -1 : limit;
  return { limit: known, feature_name: featureName, is_unlimited: known === -1 };
}

function featuresOf(features: Account['features']): PlanFeaturesDto {
  const isOn = (name: PlanFeature): [PlanFeature, boolean] => [
    name,
    // Whoever reads this has access: the guard lets nobody else in.
    name === 'api_access' || features[name] === true,
  ];
  return Object.fromEntries(PLAN_FEATURES.map(isOn)) as Record<PlanFeature, boolean>;
}
