import { Injectable } from '@nestjs/common';
import { namedList } from '../contacts/named-records/named-list.js';
import { NamedRecords, type NamedTable } from '../contacts/named-records/named-records.js';
import { Postgres } from '../platform/database/postgres.js';
import { TenantWrites } from '../platform/database/tenant-writes.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { resourceId } from '../platform/http/resource-id.js';
import type { ListRequest } from '../platform/pagination/list-request.js';
import type { ListScope } from '../platform/pagination/list-spec.js';
import { type ListPage, Lists } from '../platform/pagination/lists.js';
import type { SaveStatusDto } from './dto/save-status.dto.js';
import type { StatusDto } from './dto/status.dto.js';
import { presentStatus, type StatusRow } from './present-status.js';

const STATUSES: NamedTable = { table: 'statuses', noun: 'status', extra: ['color'] };

/** `GET /statuses`. */
export const STATUS_LIST = namedList(STATUSES);

const NO_SUCH_STATUS = 'There is no such status.';

/** The stages that a tenant's contacts go through. */
@Injectable()
export class StatusesService {
  private readonly records: NamedRecords<StatusRow>;

  constructor(
    postgres: Postgres,
    writes: TenantWrites,
    private readonly lists: Lists,
  ) {
    this.records = new NamedRecords(postgres, writes, STATUSES);
  }

  /** One page of the tenant's statuses. */
  list(scope: ListScope, request: ListRequest): Promise<ListPage<StatusDto>> {
    return this.lists.page(STATUS_LIST, scope, request, async (sql, ids) =>
      (await this.records.findByIds(sql, scope.tenantId, ids)).map(presentStatus),
    );
  }

  /** @throws ApiError 404 when the tenant has no such status */
  async get(tenantId: number, id: string): Promise<StatusDto> {
    return presentStatus(await this.records.get(tenantId, resourceId(id, NO_SUCH_STATUS)));
  }

  /** @throws ApiError 422 when another status has the name */
  async create(author: AuthenticatedTenant, { name, color }: SaveStatusDto): Promise<StatusDto> {
    return presentStatus(await this.records.create(author, { name, color }));
  }

  /**
   * A colour that is undefined stays, null takes it away.
   * @throws ApiError 404 when the tenant has no such status, 422 when another one has the name
   */
  async update(author: AuthenticatedTenant, id: string, { name, color }: SaveStatusDto): Promise<StatusDto> {
    return presentStatus(await this.records.change(author, resourceId(id, NO_SUCH_STATUS), { name, color }));
  }

  /** @throws ApiError 404 when the tenant has no such status, 409 RESOURCE_IN_USE while it is used */
  delete(author: AuthenticatedTenant, id: string): Promise<void> {
    return this.records.deleteUnused(author, resourceId(id, NO_SUCH_STATUS), 'status');
  }
}
