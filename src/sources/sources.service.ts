import { Injectable } from '@nestjs/common';
import { presentNamed } from '../contacts/named-records/named-record.dto.js';
import { namedList } from '../contacts/named-records/named-list.js';
import { NamedRecords, type NamedRow, type NamedTable } from '../contacts/named-records/named-records.js';
import { Postgres } from '../platform/database/postgres.js';
import { TenantWrites } from '../platform/database/tenant-writes.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { resourceId } from '../platform/http/resource-id.js';
import type { ListRequest } from '../platform/pagination/list-request.js';
import type { ListScope } from '../platform/pagination/list-spec.js';
import { type ListPage, Lists } from '../platform/pagination/lists.js';
import type { SaveSourceDto } from './dto/save-source.dto.js';
import type { SourceDto } from './dto/source.dto.js';

const SOURCES: NamedTable = { table: 'sources', noun: 'source', extra: [] };

/** `GET /sources`. */
export const SOURCE_LIST = namedList(SOURCES);

const NO_SUCH_SOURCE = 'There is no such source.';

/** Where contacts came from, as a tenant names it. */
@Injectable()
export class SourcesService {
  private readonly records: NamedRecords<NamedRow>;

  constructor(
    postgres: Postgres,
    writes: TenantWrites,
    private readonly lists: Lists,
  ) {
    this.records = new NamedRecords(postgres, writes, SOURCES);
  }

  /** One page of the tenant's sources. */
  list(scope: ListScope, request: ListRequest): Promise<ListPage<SourceDto>> {
    return this.lists.page(SOURCE_LIST, scope, request, async (sql, ids) =>
      (await this.records.findByIds(sql, scope.tenantId, ids)).map(presentNamed),
    );
  }

  /** @throws ApiError 404 when the tenant has no such source */
  async get(tenantId: number, id: string): Promise<SourceDto> {
    return presentNamed(await this.records.get(tenantId, resourceId(id, NO_SUCH_SOURCE)));
  }

  /** @throws ApiError 422 when another source has the name */
  async create(author: AuthenticatedTenant, { name }: SaveSourceDto): Promise<SourceDto> {
    return presentNamed(await this.records.create(author, { name }));
  }

  /** @throws ApiError 404 when the tenant has no such source, 422 when another one has the name */
  async update(author: AuthenticatedTenant, id: string, { name }: SaveSourceDto): Promise<SourceDto> {
    return presentNamed(await this.records.change(author, resourceId(id, NO_SUCH_SOURCE), { name }));
  }

  /** @throws ApiError 404 when the tenant has no such source, 409 RESOURCE_IN_USE while it is used */
  delete(author: AuthenticatedTenant, id: string): Promise<void> {
    return this.records.deleteUnused(author, resourceId(id, NO_SUCH_SOURCE), 'source');
  }
}
