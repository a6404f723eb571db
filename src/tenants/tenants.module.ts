import { Module } from '@nestjs/common';
import { ApiTokensService } from './api-tokens.service.js';
import { PlansService } from './plans.service.js';
import { StaffService } from './staff.service.js';
import { TenantSettingsService } from './tenant-settings.service.js';
import { TenantsService } from './tenants.service.js';

const SERVICES = [TenantsService, TenantSettingsService, PlansService, StaffService, ApiTokensService];

/** Tenants, their plans, staff, settings and access tokens, as the operator handles them. */
@Module({ providers: SERVICES, exports: SERVICES })
export class TenantsModule {}
