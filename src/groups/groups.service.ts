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
import type { SaveGroupDto } from './dto/save-group.dto.js';
import { NO_SUCH_GROUP } from './memberships.service.js';
import type { GroupDto } from './dto/group.dto.js';

const GROUPS: NamedTable = { table: 'groups', noun: 'group', extra: [] };

/** `GET /groups`. */
export const GROUP_LIST = namedList(GROUPS);

/** The labels of a tenant's contacts. */
@Injectable()
export class GroupsService {
  private readonly records: NamedRecords<NamedRow>;

  constructor(
    postgres: Postgres,
    writes: TenantWrites,
    private readonly lists: Lists,
  ) {
    this.records = new NamedRecords(postgres, writes, GROUPS);
  }

  /** One page of the tenant's groups. */
  list(scope: ListScope, request: ListRequest): Promise<ListPage<GroupDto>> {
    return this.lists.page(GROUP_LIST, scope, request, async (sql, ids) =>
      (await this.records.findByIds(sql, scope.tenantId, ids)).map(presentNamed),
    );
  }

  /** @throws ApiError 404 when the tenant has no such group */
  async get(tenantId: number, id: string): Promise<GroupDto> {
    return presentNamed(await this.records.get(tenantId, resourceId(id, NO_SUCH_GROUP)));
  }

  /** @throws ApiError 422 when another group has the name */
  async create(author: AuthenticatedTenant, { name }: SaveGroupDto): Promise<GroupDto> {
    return presentNamed(await this.records.create(author, { name }));
  }

  /** @throws ApiError 404 when the tenant has no such group, 422 when another one has the name */
  async update(author: AuthenticatedTenant, id: string, { name }: SaveGroupDto): Promise<GroupDto> {
    return presentNamed(await this.records.change(author, resourceId(id, NO_SUCH_GROUP), { name }));
  }
}
