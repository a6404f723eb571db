import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { RequireScopes } from '../../auth-scopes/decorators.js';
import { CurrentTenant } from '../../platform/http/decorators.js';
import {
  ApiEnvelope,
  ApiErrors,
  ApiIdParameter,
  ApiRequestBody,
  ApiTenantEndpoint,
} from '../../platform/http/openapi/api-endpoint.js';
import { Reply } from '../../platform/http/reply.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { ApiListEndpoint } from '../../platform/pagination/api-list-endpoint.js';
import { ListQuery } from '../../platform/pagination/list-query.js';
import { Lists } from '../../platform/pagination/lists.js';
import { listReply } from '../../platform/pagination/pagination.js';
import {
  CREATE_LISTENER,
  DELETE_LISTENER,
  GET_LISTENER,
  LIST_LISTENERS,
  LIST_PRESETS,
  LISTENER_ID,
  UPDATE_LISTENER,
  WRONG_LISTENER,
} from '../integrations.docs.js';
import { PRESETS } from '../mapping/presets.js';
import { ListenerDto } from './listener.dto.js';
import { LISTENER_LIST } from './listener-list.js';
import { ListenersService } from './listeners.service.js';
import { PresetDto } from './preset.dto.js';
import { CreateListenerDto, EXAMPLE_CONDITIONS, EXAMPLE_MAPPING, UpdateListenerDto } from './save-listener.dto.js';

const RETRIEVED = 'Listener retrieved successfully';
const CREATED = 'Listener created successfully';
const UPDATED = 'Listener updated successfully';
const DELETED = 'Listener deleted successfully';
const PRESETS_RETRIEVED = 'Presets retrieved successfully';

const PAID_ORDERS = {
  kind: 'woocommerce',
  name: 'Paid orders',
  secret: 'a-long-random-text-0123456789',
  template_name: 'order_paid',
  language: 'en_US',
  mapping: EXAMPLE_MAPPING,
  conditions: EXAMPLE_CONDITIONS,
  once_per: '$.id',
  default_country: '$.billing.country',
};

/** `/api/v2/integrations/ecommerce`: a tenant's listeners. Where stores call stands in `receiving/`. */
@Controller('api/v2/integrations/ecommerce')
export class ListenersController {
  constructor(
    private readonly listeners: ListenersService,
    private readonly lists: Lists,
  ) {}

  @Get()
  @RequireScopes('integrations:read')
  @ApiListEndpoint(LIST_LISTENERS)
  async listListeners(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @ListQuery() query: string,
  ): Promise<Reply<Partial<ListenerDto>[]>> {
    const request = this.lists.read(LISTENER_LIST, { tenantId }, query);
    return listReply(await this.listeners.list({ tenantId }, request), request.fields, LIST_LISTENERS.message);
  }

  @Post()
  @HttpCode(201)
  @RequireScopes('integrations:write')
  @ApiTenantEndpoint(CREATE_LISTENER)
  @ApiRequestBody({ 'application/json': { dto: CreateListenerDto, example: PAID_ORDERS } })
  @ApiEnvelope(ListenerDto, { status: 201, message: CREATED })
  @ApiErrors(WRONG_LISTENER)
  async createListener(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Body() body: unknown,
  ): Promise<Reply<ListenerDto>> {
    return new Reply(await this.listeners.create(tenant, body), { status: 201, message: CREATED });
  }

  // Before ':id', which would take the word for an id.
  @Get('presets')
  @RequireScopes('integrations:read')
  @ApiTenantEndpoint(LIST_PRESETS)
  @ApiEnvelope(PresetDto, { isArray: true, message: PRESETS_RETRIEVED })
  listPresets(): Reply<readonly PresetDto[]> {
    return new Reply(PRESETS, { message: PRESETS_RETRIEVED });
  }

  @Get(':id')
  @RequireScopes('integrations:read')
  @ApiTenantEndpoint(GET_LISTENER)
  @ApiIdParameter(LISTENER_ID)
  @ApiEnvelope(ListenerDto, { message: RETRIEVED })
  @ApiErrors('NOT_FOUND')
  async getListener(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @Param('id') id: string,
  ): Promise<Reply<ListenerDto>> {
    return new Reply(await this.listeners.get(tenantId, id), { message: RETRIEVED });
  }

  @Patch(':id')
  @RequireScopes('integrations:write')
  @ApiTenantEndpoint(UPDATE_LISTENER)
  @ApiIdParameter(LISTENER_ID)
  @ApiRequestBody({
    'application/json': { dto: UpdateListenerDto, example: { template_name: 'order_paid', enabled: false } },
  })
  @ApiEnvelope(ListenerDto, { message: UPDATED })
  @ApiErrors('NOT_FOUND', WRONG_LISTENER)
  async updateListener(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<Reply<ListenerDto>> {
    return new Reply(await this.listeners.update(tenant, id, body), { message: UPDATED });
  }

  @Delete(':id')
  @RequireScopes('integrations:write')
  @ApiTenantEndpoint(DELETE_LISTENER)
  @ApiIdParameter(LISTENER_ID)
  @ApiEnvelope(null, { message: DELETED })
  @ApiErrors('NOT_FOUND')
  async deleteListener(@CurrentTenant() tenant: AuthenticatedTenant, @Param('id') id: string): Promise<Reply<null>> {
    await this.listeners.delete(tenant, id);
    return new Reply(null, { message: DELETED });
  }
}
