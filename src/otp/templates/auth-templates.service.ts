import { Injectable } from '@nestjs/common';
import type { ListRequest } from '../../platform/pagination/list-request.js';
import type { ListScope } from '../../platform/pagination/list-spec.js';
import { type ListPage, Lists } from '../../platform/pagination/lists.js';
import type { TemplateDto } from '../../templates/dto/template.dto.js';
import { presentTemplate } from '../../templates/present-template.js';
import { TemplateRepository } from '../../templates/template.repository.js';
import type { AuthTemplateDto } from '../dto/auth-template.dto.js';
import { AUTH_TEMPLATE_LIST } from './auth-template-list.js';

/** Shows the templates that can send codes. */
@Injectable()
export class AuthTemplatesService {
  constructor(
    private readonly repository: TemplateRepository,
    private readonly lists: Lists,
  ) {}

  /** One page of the tenant's. */
  list(scope: ListScope, request: ListRequest): Promise<ListPage<AuthTemplateDto>> {
    return this.lists.page(AUTH_TEMPLATE_LIST, scope, request, async (sql, ids) =>
      (await this.repository.findByIds(sql, scope.tenantId, ids)).map(presentTemplate).map(authTemplateOf),
    );
  }
}

const authTemplateOf = (template: TemplateDto): AuthTemplateDto => ({
  id: template.id,
  template_name: template.template_name,
  language: template.language,
  body_text: template.body_data,
  body_params_count: template.body_params_count,
  header_format: template.header_data_format,
  header_text: template.header_data_text,
  footer_text: template.footer_data,
  status: template.status,
  created_at: template.created_at,
});
