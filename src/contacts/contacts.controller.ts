import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { RequireScopes } from '../auth-scopes/decorators.js';
import { CurrentTenant } from '../platform/http/decorators.js';
import { ApiEnvelope, ApiErrors, ApiIdParameter, ApiTenantEndpoint } from '../platform/http/openapi/api-endpoint.js';
import { Reply } from '../platform/http/reply.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { ApiListEndpoint } from '../platform/pagination/api-list-endpoint.js';
import { ListQuery } from '../platform/pagination/list-query.js';
import { Lists } from '../platform/pagination/lists.js';
import { listReply } from '../platform/pagination/pagination.js';
import { ContactBatchesService } from './contact-batches.service.js';
import { CONTACT_LIST } from './contact-list.js';
import {
  CONTACT_FAULTS,
  CONTACT_ID,
  CREATE_BATCH,
  CREATE_CONTACT,
  DELETE_BATCH,
  DELETE_CONTACT,
  GET_CONTACT,
  LIST_CONTACTS,
  UPDATE_CONTACT,
} from './contacts.docs.js';
import { ContactsService } from './contacts.service.js';
import { CreateBatchDto, CreatedBatchDto, DeleteBatchDto, DeletedBatchDto } from './dto/contact-batches.dto.js';
import { ContactDto } from './dto/contact.dto.js';
import { CreateContactDto, UpdateContactDto } from './dto/save-contact.dto.js';

const RETRIEVED = 'Contact retrieved successfully';
const CREATED = 'Contact created successfully';
const UPDATED = 'Contact updated successfully';
const DELETED = 'Contact deleted successfully';
const BATCH_CREATED = 'Batch create completed successfully';
const BATCH_DELETED = 'Batch delete completed successfully';

/** `/api/v2/contacts`: the people a tenant writes to. */
@Controller('api/v2/contacts')
export class ContactsController {
  constructor(
    private readonly contacts: ContactsService,
    private readonly batches: ContactBatchesService,
    private readonly lists: Lists,
  ) {}

  @Get()
  @RequireScopes('contacts:read')
  @ApiListEndpoint(LIST_CONTACTS)
  async listContacts(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @ListQuery() query: string,
  ): Promise<Reply<Partial<ContactDto>[]>> {
    const request = this.lists.read(CONTACT_LIST, { tenantId }, query);
    // What is included is asked for by that.
    const fields = request.fields && [...request.fields, ...request.include];
    return listReply(await this.contacts.list({ tenantId }, request), fields, LIST_CONTACTS.message);
  }

  @Post()
  @HttpCode(201)
  @RequireScopes('contacts:write')
  @ApiTenantEndpoint(CREATE_CONTACT)
  @ApiEnvelope(ContactDto, { status: 201, message: CREATED })
  @ApiErrors(CONTACT_FAULTS, 'FEATURE_LIMIT_EXCEEDED')
  async createContact(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Body() contact: CreateContactDto,
  ): Promise<Reply<ContactDto>> {
    return new Reply(await this.contacts.create(tenant, contact), { status: 201, message: CREATED });
  }

  @Post('batch')
  @HttpCode(200)
  @RequireScopes('contacts:write')
  @ApiTenantEndpoint(CREATE_BATCH)
  @ApiEnvelope(CreatedBatchDto, { message: BATCH_CREATED })
  @ApiErrors('VALIDATION_ERROR', 'FEATURE_LIMIT_EXCEEDED')
  async createBatch(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Body() batch: CreateBatchDto,
  ): Promise<Reply<CreatedBatchDto>> {
    return new Reply(await this.batches.create(tenant, batch), { message: BATCH_CREATED });
  }

  // Before `:id`, which would take it for an id.
  @Delete('batch')
  @RequireScopes('contacts:delete')
  @ApiTenantEndpoint(DELETE_BATCH)
  @ApiEnvelope(DeletedBatchDto, { message: BATCH_DELETED })
  @ApiErrors('VALIDATION_ERROR')
  async deleteBatch(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Body() { ids }: DeleteBatchDto,
  ): Promise<Reply<DeletedBatchDto>> {
    return new Reply(await this.batches.delete(tenant, ids), { message: BATCH_DELETED });
  }

  @Get(':id')
  @RequireScopes('contacts:read')
  @ApiTenantEndpoint(GET_CONTACT)
  @ApiIdParameter(CONTACT_ID)
  @ApiQuery({
    name: 'include',
    required: false,
    description: 'Comma-separated: `groups`, `source`, `status`.',
    schema: { type: 'string', example: 'groups,source,status' },
  })
  @ApiEnvelope(ContactDto, { message: RETRIEVED })
  @ApiErrors('NOT_FOUND', 'VALIDATION_ERROR')
  async getContact(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @Param('id') id: string,
    @Query('include') include: unknown,
  ): Promise<Reply<ContactDto>> {
    return new Reply(await this.contacts.get(tenantId, id, include), { message: RETRIEVED });
  }

  @Patch(':id')
  @RequireScopes('contacts:write')
  @ApiTenantEndpoint(UPDATE_CONTACT)
  @ApiIdParameter(CONTACT_ID)
  @ApiEnvelope(ContactDto, { message: UPDATED })
  @ApiErrors('NOT_FOUND', CONTACT_FAULTS)
  async updateContact(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Param('id') id: string,
    @Body() changes: UpdateContactDto,
  ): Promise<Reply<ContactDto>> {
    return new Reply(await this.contacts.update(tenant, id, changes), { message: UPDATED });
  }

  @Delete(':id')
  @RequireScopes('contacts:delete')
  @ApiTenantEndpoint(DELETE_CONTACT)
  @ApiIdParameter(CONTACT_ID)
  @ApiEnvelope(null, { message: DELETED })
  @ApiErrors('NOT_FOUND')
  async deleteContact(@CurrentTenant() tenant: AuthenticatedTenant, @Param('id') id: string): Promise<Reply<null>> {
    await this.contacts.delete(tenant, id);
    return new Reply(null, { message: DELETED });
  }
}
