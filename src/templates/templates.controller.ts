import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { RequireScopes } from '../auth-scopes/decorators.js';
import { CurrentTenant } from '../platform/http/decorators.js';
import {
  apiError,
  ApiEnvelope,
  ApiErrors,
  ApiIdParameter,
  ApiTenantEndpoint,
} from '../platform/http/openapi/api-endpoint.js';
import { Reply } from '../platform/http/reply.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { ApiListEndpoint } from '../platform/pagination/api-list-endpoint.js';
import { ListQuery } from '../platform/pagination/list-query.js';
import { Lists } from '../platform/pagination/lists.js';
import { listReply } from '../platform/pagination/pagination.js';
import { SyncedTemplatesDto } from './dto/synced-templates.dto.js';
import { TemplateDto } from './dto/template.dto.js';
import { TEMPLATE_LIST } from './list/template-list.js';
import { GET_TEMPLATE, LIST_TEMPLATES, SYNC_TEMPLATES, TEMPLATE_ID } from './templates.docs.js';
import { TemplatesService } from './templates.service.js';
import { TemplatesSyncService } from './templates-sync.service.js';

/** `/api/v2/templates`: the message templates of a tenant. */
@Controller('api/v2/templates')
export class TemplatesController {
  constructor(
    private readonly templates: TemplatesService,
    private readonly syncs: TemplatesSyncService,
    private readonly lists: Lists,
  ) {}

  @Get()
  @RequireScopes('templates:read')
  @ApiListEndpoint(LIST_TEMPLATES)
  async listTemplates(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @ListQuery() query: string,
  ): Promise<Reply<Partial<TemplateDto>[]>> {
    const request = this.lists.read(TEMPLATE_LIST, { tenantId }, query);
    return listReply(await this.templates.list({ tenantId }, request), request.fields, LIST_TEMPLATES.message);
  }

  @Post('sync')
  @HttpCode(200)
  @RequireScopes('templates:sync')
  @ApiTenantEndpoint(SYNC_TEMPLATES)
  @ApiEnvelope(SyncedTemplatesDto, { message: 'Templates synced successfully' })
  @ApiErrors(
    apiError('WHATSAPP_NOT_CONFIGURED', { when: 'No account is connected, or WhatsApp refuses its access token.' }),
  )
  async syncTemplates(@CurrentTenant() tenant: AuthenticatedTenant): Promise<Reply<SyncedTemplatesDto>> {
    return new Reply(await this.syncs.sync(tenant), { message: 'Templates synced successfully' });
  }

  @Get(':id')
  @RequireScopes('templates:read')
  @ApiTenantEndpoint(GET_TEMPLATE)
  @ApiIdParameter(TEMPLATE_ID)
  @ApiEnvelope(TemplateDto, { message: 'Template retrieved successfully' })
  @ApiErrors('NOT_FOUND')
  async getTemplate(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @Param('id') id: string,
  ): Promise<Reply<TemplateDto>> {
    return new Reply(await this.templates.get(tenantId, id), { message: 'Template retrieved successfully' });
  }
}
