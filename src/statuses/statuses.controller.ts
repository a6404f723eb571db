import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { RequireScopes } from '../auth-scopes/decorators.js';
import { CurrentTenant } from '../platform/http/decorators.js';
import { ApiEnvelope, ApiErrors, ApiIdParameter, ApiTenantEndpoint } from '../platform/http/openapi/api-endpoint.js';
import { Reply } from '../platform/http/reply.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { ApiListEndpoint } from '../platform/pagination/api-list-endpoint.js';
import { ListQuery } from '../platform/pagination/list-query.js';
import { Lists } from '../platform/pagination/lists.js';
import { listReply } from '../platform/pagination/pagination.js';
import { SaveStatusDto } from './dto/save-status.dto.js';
import { StatusDto } from './dto/status.dto.js';
import {
  CREATE_STATUS,
  DELETE_STATUS,
  GET_STATUS,
  LIST_STATUSES,
  NAME_IN_USE,
  STATUS_ID,
  STATUS_IN_USE,
  UPDATE_STATUS,
} from './statuses.docs.js';
import { STATUS_LIST, StatusesService } from './statuses.service.js';

const RETRIEVED = 'Status retrieved successfully';
const CREATED = 'Status created successfully';
const UPDATED = 'Status updated successfully';
const DELETED = 'Status deleted successfully';

/** `/api/v2/statuses`: the stages of a tenant's contacts. */
@Controller('api/v2/statuses')
export class StatusesController {
  constructor(
    private readonly statuses: StatusesService,
    private readonly lists: Lists,
  ) {}

  @Get()
  @RequireScopes('statuses:read')
  @ApiListEndpoint(LIST_STATUSES)
  async listStatuses(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @ListQuery() query: string,
  ): Promise<Reply<Partial<StatusDto>[]>> {
    const request = this.lists.read(STATUS_LIST, { tenantId }, query);
    return listReply(await this.statuses.list({ tenantId }, request), request.fields, LIST_STATUSES.message);
  }

  @Post()
  @HttpCode(201)
  @RequireScopes('statuses:write')
  @ApiTenantEndpoint(CREATE_STATUS)
  @ApiEnvelope(StatusDto, { status: 201, message: CREATED })
  @ApiErrors(NAME_IN_USE)
  async createStatus(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Body() values: SaveStatusDto,
  ): Promise<Reply<StatusDto>> {
    return new Reply(await this.statuses.create(tenant, values), { status: 201, message: CREATED });
  }

  @Get(':id')
  @RequireScopes('statuses:read')
  @ApiTenantEndpoint(GET_STATUS)
  @ApiIdParameter(STATUS_ID)
  @ApiEnvelope(StatusDto, { message: RETRIEVED })
  @ApiErrors('NOT_FOUND')
  async getStatus(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @Param('id') id: string,
  ): Promise<Reply<StatusDto>> {
    return new Reply(await this.statuses.get(tenantId, id), { message: RETRIEVED });
  }

  @Patch(':id')
  @RequireScopes('statuses:write')
  @ApiTenantEndpoint(UPDATE_STATUS)
  @ApiIdParameter(STATUS_ID)
  @ApiEnvelope(StatusDto, { message: UPDATED })
  @ApiErrors('NOT_FOUND', NAME_IN_USE)
  async updateStatus(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Param('id') id: string,
    @Body() values: SaveStatusDto,
  ): Promise<Reply<StatusDto>> {
    return new Reply(await this.statuses.update(tenant, id, values), { message: UPDATED });
  }

  @Delete(':id')
  @RequireScopes('statuses:delete')
  @ApiTenantEndpoint(DELETE_STATUS)
  @ApiIdParameter(STATUS_ID)
  @ApiEnvelope(null, { message: DELETED })
  @ApiErrors('NOT_FOUND', STATUS_IN_USE)
  async deleteStatus(@CurrentTenant() tenant: AuthenticatedTenant, @Param('id') id: string): Promise<Reply<null>> {
    await this.statuses.delete(tenant, id);
    return new Reply(null, { message: DELETED });
  }
}
