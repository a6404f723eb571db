import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBody } from '@nestjs/swagger';
import { RequireScopes } from '../../auth-scopes/decorators.js';
import { CurrentTenant } from '../../platform/http/decorators.js';
import { ApiEnvelope, ApiErrors, ApiIdParameter, ApiTenantEndpoint } from '../../platform/http/openapi/api-endpoint.js';
import { Reply } from '../../platform/http/reply.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import {
  DRY_RUN,
  GET_PAYLOAD,
  LIST_PAYLOADS,
  LISTENER_ID,
  NOT_RETRIED,
  PAYLOAD_ID,
  RETRIED_PAYLOAD_ID,
  RETRY_PAYLOAD,
} from '../integrations.docs.js';
import { DryRunDto, PayloadDto } from './payload.dto.js';
import { PayloadsService } from './payloads.service.js';

const TRIED = 'Payload tried successfully';
const LISTED = 'Payloads retrieved successfully';
const RETRIED = 'Payload is worked off again';
const RETRIEVED = 'Payload retrieved successfully';

/** What of a WooCommerce order the example of a listener looks at. */
export const EXAMPLE_PAYLOAD = {
  number: '727',
  status: 'processing',
  currency: 'USD',
  total: '29.35',
  billing: { first_name: 'John', last_name: 'Doe', country: 'US', phone: '(555) 555-5555' },
};

/** `/api/v2/integrations/ecommerce/…`: what a listener was given, what it would do, and what it is to try once more. */
@Controller('api/v2/integrations/ecommerce')
export class PayloadsController {
  constructor(private readonly payloads: PayloadsService) {}

  @Post(':id/dry-run')
  @HttpCode(200)
  @RequireScopes('integrations:read')
  @ApiTenantEndpoint(DRY_RUN)
  @ApiIdParameter(LISTENER_ID)
  @ApiBody({
    description: 'The payload as the store sends it.',
    schema: { type: 'object', additionalProperties: true, example: EXAMPLE_PAYLOAD },
  })
  @ApiEnvelope(DryRunDto, { message: TRIED })
  @ApiErrors('NOT_FOUND', 'VALIDATION_ERROR', 'PAYLOAD_TOO_LARGE')
  async dryRun(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Param('id') id: string,
    @Body() payload: unknown,
  ): Promise<Reply<DryRunDto>> {
    return new Reply(await this.payloads.dryRun(tenant, id, payload), { message: TRIED });
  }

  @Post('payloads/:id/retry')
  @HttpCode(200)
  @RequireScopes('integrations:write')
  @ApiTenantEndpoint(RETRY_PAYLOAD)
  @ApiIdParameter(RETRIED_PAYLOAD_ID)
  @ApiEnvelope(PayloadDto, { message: RETRIED })
  @ApiErrors('NOT_FOUND', NOT_RETRIED)
  async retryPayload(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Param('id') id: string,
  ): Promise<Reply<PayloadDto>> {
    return new Reply(await this.payloads.retry(tenant, id), { message: RETRIED });
  }

  @Get(':id/payloads')
  @RequireScopes('integrations:read')
  @ApiTenantEndpoint(LIST_PAYLOADS)
  @ApiIdParameter(LISTENER_ID)
  @ApiEnvelope(PayloadDto, { isArray: true, message: LISTED })
  @ApiErrors('NOT_FOUND')
  async listPayloads(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @Param('id') id: string,
  ): Promise<Reply<PayloadDto[]>> {
    return new Reply(await this.payloads.newest(tenantId, id), { message: LISTED });
  }

  @Get(':id/payloads/:payload_id')
  @RequireScopes('integrations:read')
  @ApiTenantEndpoint(GET_PAYLOAD)
  @ApiIdParameter(LISTENER_ID)
  @ApiIdParameter(PAYLOAD_ID)
  @ApiEnvelope(PayloadDto, { message: RETRIEVED })
  @ApiErrors('NOT_FOUND')
  async getPayload(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @Param('id') id: string,
    @Param('payload_id') payloadId: string,
  ): Promise<Reply<PayloadDto>> {
    return new Reply(await this.payloads.get(tenantId, id, payloadId), { message: RETRIEVED });
  }
}
