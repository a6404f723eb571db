import { Controller, Get } from '@nestjs/common';
import { RequireScopes } from '../../auth-scopes/decorators.js';
import { CurrentTenant } from '../../platform/http/decorators.js';
import { ApiEnvelope, ApiErrors, ApiTenantEndpoint } from '../../platform/http/openapi/api-endpoint.js';
import { Reply } from '../../platform/http/reply.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { GET_ACCOUNT, GET_LIMITS, GET_USAGE } from './account.docs.js';
import { AccountService } from './account.service.js';
import { AccountDto } from './dto/account.dto.js';
import { AccountLimitsDto } from './dto/account-limits.dto.js';
import { AccountUsageDto } from './dto/account-usage.dto.js';

const ACCOUNT = 'Account retrieved successfully';
const USAGE = 'Usage retrieved successfully';
const LIMITS = 'Limits retrieved successfully';

/** `/api/v2/account`: the tenant itself, its plan and its usage. */
@Controller('api/v2/account')
@RequireScopes('account:read')
export class AccountController {
  constructor(private readonly accounts: AccountService) {}

  @Get()
  @ApiTenantEndpoint(GET_ACCOUNT)
  @ApiEnvelope(AccountDto, { message: ACCOUNT })
  @ApiErrors('NOT_FOUND')
  async getAccount(@CurrentTenant() tenant: AuthenticatedTenant): Promise<Reply<AccountDto>> {
    return new Reply(await this.accounts.account(tenant), { message: ACCOUNT });
  }

  @Get('usage')
  @ApiTenantEndpoint(GET_USAGE)
  @ApiEnvelope(AccountUsageDto, { message: USAGE })
  @ApiErrors('NOT_FOUND')
  async getUsage(@CurrentTenant() tenant: AuthenticatedTenant): Promise<Reply<AccountUsageDto>> {
    return new Reply(await this.accounts.usage(tenant), { message: USAGE });
  }

  @Get('limits')
  @ApiTenantEndpoint(GET_LIMITS)
  @ApiEnvelope(AccountLimitsDto, { message: LIMITS })
  @ApiErrors('NOT_FOUND')
  async getLimits(@CurrentTenant() tenant: AuthenticatedTenant): Promise<Reply<AccountLimitsDto>> {
    return new Reply(await this.accounts.limits(tenant), { message: LIMITS });
  }
}
