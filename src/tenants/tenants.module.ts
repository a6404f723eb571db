import { Module } from '@nestjs/common';
import { ApiTokensService } from './api-tokens.service.js';
import { TenantsService } from './tenants.service.js';

/** Tenants, their plans and their access tokens, as the operator handles them. */
@Module({ providers: [TenantsService, ApiTokensService], exports: [TenantsService, ApiTokensService] })
export class TenantsModule {}
