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
import { ContactsAddedDto, ContactsRemovedDto, GroupContactsDto } from './dto/memberships.dto.js';
import { SaveGroupDto } from './dto/save-group.dto.js';
import { GroupDto } from './dto/group.dto.js';
import {
  ADD_CONTACTS,
  CREATE_GROUP,
  DELETE_GROUP,
  GET_GROUP,
  LIST_GROUPS,
  NAME_IN_USE,
  REMOVE_CONTACTS,
  UNKNOWN_CONTACTS,
  GROUP_ID,
  UPDATE_GROUP,
} from './groups.docs.js';
import { GROUP_LIST, GroupsService } from './groups.service.js';
import { MembershipsService } from './memberships.service.js';

const RETRIEVED = 'Group retrieved successfully';
const CREATED = 'Group created successfully';
const UPDATED = 'Group updated successfully';
const DELETED = 'Group deleted successfully';
const ADDED = 'Contacts added to group successfully';
const REMOVED = 'Contacts removed from group successfully';

/** `/api/v2/groups`: the labels of contacts. */
@Controller('api/v2/groups')
export class GroupsController {
  constructor(
    private readonly groups: GroupsService,
    private readonly memberships: MembershipsService,
    private readonly lists: Lists,
  ) {}

  @Get()
  @RequireScopes('groups:read')
  @ApiListEndpoint(LIST_GROUPS)
  async listGroups(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @ListQuery() query: string,
  ): Promise<Reply<Partial<GroupDto>[]>> {
    const request = this.lists.read(GROUP_LIST, { tenantId }, query);
    return listReply(await this.groups.list({ tenantId }, request), request.fields, LIST_GROUPS.message);
  }

  @Post()
  @HttpCode(201)
  @RequireScopes('groups:write')
  @ApiTenantEndpoint(CREATE_GROUP)
  @ApiEnvelope(GroupDto, { status: 201, message: CREATED })
  @ApiErrors(NAME_IN_USE)
  async createGroup(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Body() values: SaveGroupDto,
  ): Promise<Reply<GroupDto>> {
    return new Reply(await this.groups.create(tenant, values), { status: 201, message: CREATED });
  }

  @Get(':id')
  @RequireScopes('groups:read')
  @ApiTenantEndpoint(GET_GROUP)
  @ApiIdParameter(GROUP_ID)
  @ApiEnvelope(GroupDto, { message: RETRIEVED })
  @ApiErrors('NOT_FOUND')
  async getGroup(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @Param('id') id: string,
  ): Promise<Reply<GroupDto>> {
    return new Reply(await this.groups.get(tenantId, id), { message: RETRIEVED });
  }

  @Patch(':id')
  @RequireScopes('groups:write')
  @ApiTenantEndpoint(UPDATE_GROUP)
  @ApiIdParameter(GROUP_ID)
  @ApiEnvelope(GroupDto, { message: UPDATED })
  @ApiErrors('NOT_FOUND', NAME_IN_USE)
  async updateGroup(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Param('id') id: string,
    @Body() values: SaveGroupDto,
  ): Promise<Reply<GroupDto>> {
    return new Reply(await this.groups.update(tenant, id, values), { message: UPDATED });
  }

  @Delete(':id')
  @RequireScopes('groups:delete')
  @ApiTenantEndpoint(DELETE_GROUP)
  @ApiIdParameter(GROUP_ID)
  @ApiEnvelope(null, { message: DELETED })
  @ApiErrors('NOT_FOUND')
  async deleteGroup(@CurrentTenant() tenant: AuthenticatedTenant, @Param('id') id: string): Promise<Reply<null>> {
    await this.memberships.deleteGroup(tenant, id);
    return new Reply(null, { message: DELETED });
  }

  @Post(':id/contacts')
  @HttpCode(200)
  @RequireScopes('groups:write')
  @ApiTenantEndpoint(ADD_CONTACTS)
  @ApiIdParameter(GROUP_ID)
  @ApiEnvelope(ContactsAddedDto, { message: ADDED })
  @ApiErrors('NOT_FOUND', UNKNOWN_CONTACTS)
  async addContacts(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Param('id') id: string,
    @Body() { contact_ids }: GroupContactsDto,
  ): Promise<Reply<ContactsAddedDto>> {
    return new Reply(await this.memberships.add(tenant, id, contact_ids), { message: ADDED });
  }

  @Delete(':id/contacts')
  @RequireScopes('groups:write')
  @ApiTenantEndpoint(REMOVE_CONTACTS)
  @ApiIdParameter(GROUP_ID)
  @ApiEnvelope(ContactsRemovedDto, { message: REMOVED })
  @ApiErrors('NOT_FOUND', 'VALIDATION_ERROR')
  async removeContacts(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Param('id') id: string,
    @Body() { contact_ids }: GroupContactsDto,
  ): Promise<Reply<ContactsRemovedDto>> {
    return new Reply(await this.memberships.remove(tenant, id, contact_ids), { message: REMOVED });
  }
}
