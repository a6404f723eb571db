import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { RequireScopes } from '../../auth-scopes/decorators.js';
import { CurrentTenant } from '../../platform/http/decorators.js';
import { ApiEnvelope, ApiErrors, ApiIdParameter, ApiTenantEndpoint } from '../../platform/http/openapi/api-endpoint.js';
import { Reply } from '../../platform/http/reply.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { ApiListEndpoint } from '../../platform/pagination/api-list-endpoint.js';
import { ListQuery } from '../../platform/pagination/list-query.js';
import { Lists } from '../../platform/pagination/lists.js';
import { listReply } from '../../platform/pagination/pagination.js';
import { DeliveryDto } from '../deliveries/dto/delivery.dto.js';
import { CreateWebhookDto, UpdateWebhookDto } from './dto/save-webhook.dto.js';
import { WebhookDto, WebhookWithSecretDto } from './dto/webhook.dto.js';
import { WEBHOOK_LIST } from './webhook-list.js';
import {
  CREATE_WEBHOOK,
  DELETE_WEBHOOK,
  GET_WEBHOOK,
  LIST_WEBHOOKS,
  ROTATE_SECRET,
  TEST_WEBHOOK,
  TOO_MANY_WEBHOOKS,
  UPDATE_WEBHOOK,
  WEBHOOK_FAULTS,
  WEBHOOK_ID,
} from './webhooks.docs.js';
import { WebhookTestsService } from './webhook-tests.service.js';
import { WebhooksService } from './webhooks.service.js';

const RETRIEVED = 'Webhook retrieved successfully';
const CREATED = 'Webhook created successfully';
const UPDATED = 'Webhook updated successfully';
const DELETED = 'Webhook deleted successfully';
const TESTED = 'Webhook tested';
const ROTATED = 'Webhook secret rotated successfully';

/** `/api/v2/webhooks`: where a tenant's events go. */
@Controller('api/v2/webhooks')
export class WebhooksController {
  constructor(
    private readonly webhooks: WebhooksService,
    private readonly tests: WebhookTestsService,
    private readonly lists: Lists,
  ) {}

  @Get()
  @RequireScopes('webhooks:read')
  @ApiListEndpoint(LIST_WEBHOOKS)
  async listWebhooks(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @ListQuery() query: string,
  ): Promise<Reply<Partial<WebhookDto>[]>> {
    const request = this.lists.read(WEBHOOK_LIST, { tenantId }, query);
    return listReply(await this.webhooks.list({ tenantId }, request), request.fields, LIST_WEBHOOKS.message);
  }

  @Post()
  @HttpCode(201)
  @RequireScopes('webhooks:write')
  @ApiTenantEndpoint(CREATE_WEBHOOK)
  @ApiEnvelope(WebhookWithSecretDto, { status: 201, message: CREATED })
  @ApiErrors(WEBHOOK_FAULTS, TOO_MANY_WEBHOOKS)
  async createWebhook(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Body() values: CreateWebhookDto,
  ): Promise<Reply<WebhookWithSecretDto>> {
    return new Reply(await this.webhooks.create(tenant, values), { status: 201, message: CREATED });
  }

  @Get(':id')
  @RequireScopes('webhooks:read')
  @ApiTenantEndpoint(GET_WEBHOOK)
  @ApiIdParameter(WEBHOOK_ID)
  @ApiEnvelope(WebhookDto, { message: RETRIEVED })
  @ApiErrors('NOT_FOUND')
  async getWebhook(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @Param('id') id: string,
  ): Promise<Reply<WebhookDto>> {
    return new Reply(await this.webhooks.get(tenantId, id), { message: RETRIEVED });
  }

  @Patch(':id')
  @RequireScopes('webhooks:write')
  @ApiTenantEndpoint(UPDATE_WEBHOOK)
  @ApiIdParameter(WEBHOOK_ID)
  @ApiEnvelope(WebhookDto, { message: UPDATED })
  @ApiErrors('NOT_FOUND', WEBHOOK_FAULTS)
  async updateWebhook(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Param('id') id: string,
    @Body() values: UpdateWebhookDto,
  ): Promise<Reply<WebhookDto>> {
    return new Reply(await this.webhooks.update(tenant, id, values), { message: UPDATED });
  }

  @Delete(':id')
  @RequireScopes('webhooks:write')
  @ApiTenantEndpoint(DELETE_WEBHOOK)
  @ApiIdParameter(WEBHOOK_ID)
  @ApiEnvelope(null, { message: DELETED })
  @ApiErrors('NOT_FOUND')
  async deleteWebhook(@CurrentTenant() tenant: AuthenticatedTenant, @Param('id') id: string): Promise<Reply<null>> {
    await this.webhooks.delete(tenant, id);
    return new Reply(null, { message: DELETED });
  }

  @Post(':id/rotate-secret')
  @HttpCode(200)
  @RequireScopes('webhooks:write')
  @ApiTenantEndpoint(ROTATE_SECRET)
  @ApiIdParameter(WEBHOOK_ID)
  @ApiEnvelope(WebhookWithSecretDto, { message: ROTATED })
  @ApiErrors('NOT_FOUND')
  async rotateSecret(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Param('id') id: string,
  ): Promise<Reply<WebhookWithSecretDto>> {
    return new Reply(await this.webhooks.rotateSecret(tenant, id), { message: ROTATED });
  }

  @Post(':id/test')
  @HttpCode(200)
  @RequireScopes('webhooks:write')
  @ApiTenantEndpoint(TEST_WEBHOOK)
  @ApiIdParameter(WEBHOOK_ID)
  @ApiEnvelope(DeliveryDto, { message: TESTED })
  @ApiErrors('NOT_FOUND')
  async testWebhook(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Param('id') id: string,
  ): Promise<Reply<DeliveryDto>> {
    return new Reply(await this.tests.test(tenant, id), { message: TESTED });
  }
}
