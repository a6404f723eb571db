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
import { SaveSourceDto } from './dto/save-source.dto.js';
import { SourceDto } from './dto/source.dto.js';
import {
  CREATE_SOURCE,
  DELETE_SOURCE,
  GET_SOURCE,
  LIST_SOURCES,
  NAME_IN_USE,
  SOURCE_ID,
  SOURCE_IN_USE,
  UPDATE_SOURCE,
} from './sources.docs.js';
import { SOURCE_LIST, SourcesService } from './sources.service.js';

const RETRIEVED = 'Source retrieved successfully';
const CREATED = 'Source created successfully';
const UPDATED = 'Source updated successfully';
const DELETED = 'Source deleted successfully';

/** `/api/v2/sources`: where contacts came from. */
@Controller('api/v2/sources')
export class SourcesController {
  constructor(
    private readonly sources: SourcesService,
    private readonly lists: Lists,
  ) {}

  @Get()
  @RequireScopes('sources:read')
  @ApiListEndpoint(LIST_SOURCES)
  async listSources(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @ListQuery() query: string,
  ): Promise<Reply<Partial<SourceDto>[]>> {
    const request = this.lists.read(SOURCE_LIST, { tenantId }, query);
    return listReply(await this.sources.list({ tenantId }, request), request.fields, LIST_SOURCES.message);
  }

  @Post()
  @HttpCode(201)
  @RequireScopes('sources:write')
  @ApiTenantEndpoint(CREATE_SOURCE)
  @ApiEnvelope(SourceDto, { status: 201, message: CREATED })
  @ApiErrors(NAME_IN_USE)
  async createSource(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Body() values: SaveSourceDto,
  ): Promise<Reply<SourceDto>> {
    return new Reply(await this.sources.create(tenant, values), { status: 201, message: CREATED });
  }

  @Get(':id')
  @RequireScopes('sources:read')
  @ApiTenantEndpoint(GET_SOURCE)
  @ApiIdParameter(SOURCE_ID)
  @ApiEnvelope(SourceDto, { message: RETRIEVED })
  @ApiErrors('NOT_FOUND')
  async getSource(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @Param('id') id: string,
  ): Promise<Reply<SourceDto>> {
    return new Reply(await this.sources.get(tenantId, id), { message: RETRIEVED });
  }

  @Patch(':id')
  @RequireScopes('sources:write')
  @ApiTenantEndpoint(UPDATE_SOURCE)
  @ApiIdParameter(SOURCE_ID)
  @ApiEnvelope(SourceDto, { message: UPDATED })
  @ApiErrors('NOT_FOUND', NAME_IN_USE)
  async updateSource(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Param('id') id: string,
    @Body() values: SaveSourceDto,
  ): Promise<Reply<SourceDto>> {
    return new Reply(await this.sources.update(tenant, id, values), { message: UPDATED });
  }

  @Delete(':id')
  @RequireScopes('sources:delete')
  @ApiTenantEndpoint(DELETE_SOURCE)
  @ApiIdParameter(SOURCE_ID)
  @ApiEnvelope(null, { message: DELETED })
  @ApiErrors('NOT_FOUND', SOURCE_IN_USE)
  async deleteSource(@CurrentTenant() tenant: AuthenticatedTenant, @Param('id') id: string): Promise<Reply<null>> {
    await this.sources.delete(tenant, id);
    return new Reply(null, { message: DELETED });
  }
}
