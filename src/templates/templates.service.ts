import { Injectable } from '@nestjs/common';
import type { SqlRunner } from '../platform/database/postgres.js';
import { notFound } from '../platform/http/api-error.js';
import type { ListRequest } from '../platform/pagination/list-request.js';
import type { ListScope } from '../platform/pagination/list-spec.js';
import { type ListPage, Lists } from '../platform/pagination/lists.js';
import type { TemplateDto } from './dto/template.dto.js';
import { TEMPLATE_LIST } from './list/template-list.js';
import { presentTemplate } from './present-template.js';
import { TemplateRepository } from './template.repository.js';

/** What WhatsApp's id of a template can be; anything else is nobody's, and Postgres need not be asked. */
const TEMPLATE_ID = /^[\x21-\x7e]{1,64}$/;

/** Shows the templates of a tenant. */
@Injectable()
export class TemplatesService {
  constructor(
    private readonly repository: TemplateRepository,
    private readonly lists: Lists,
  ) {}

  /** One page of the tenant's templates. */
  list(scope: ListScope, request: ListRequest): Promise<ListPage<TemplateDto>> {
    return this.lists.page(TEMPLATE_LIST, scope, request, (sql, ids) => this.findByIds(sql, scope.tenantId, ids));
  }

  /**
   * One template by WhatsApp's id.
   * @throws ApiError 404 when the tenant has no such template
   */
  async get(tenantId: number, templateId: string): Promise<TemplateDto> {
    const row = TEMPLATE_ID.test(templateId) ? await this.repository.findByTemplateId(tenantId, templateId) : undefined;
    if (!row) throw notFound('There is no such template.');
    return presentTemplate(row);
  }

  private async findByIds(sql: SqlRunner, tenantId: number, ids: readonly number[]): Promise<TemplateDto[]> {
    return (await this.repository.findByIds(sql, tenantId, ids)).map(presentTemplate);
  }
}
