import { Controller, Get, Param, Res } from '@nestjs/common';
import type { Response } from 'express';
import { RequireScopes } from '../../auth-scopes/decorators.js';
import { CurrentTenant } from '../../platform/http/decorators.js';
import { ApiEnvelope, ApiErrors, ApiIdParameter, ApiTenantEndpoint } from '../../platform/http/openapi/api-endpoint.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { Log } from '../../platform/logging/log.js';
import { CONTACT_ID } from '../contacts.docs.js';
import { ApiCsvFile, EXPORT_CONTACT, EXPORT_CONTACTS } from './contact-export.docs.js';
import { ContactExportService } from './contact-export.service.js';
import { PersonalExportDto } from './personal-export.dto.js';
import { PersonalExportService } from './personal-export.service.js';
import { sendDownload } from './send-download.js';

const EXPORTED = 'Contact exported successfully';

/** `/api/v2/contacts/export` and `/{id}/export`. Its paths stand before `/contacts/{id}`, see the module. */
@Controller('api/v2/contacts')
export class ContactExportController {
  constructor(
    private readonly contacts: ContactExportService,
    private readonly personal: PersonalExportService,
    private readonly log: Log,
  ) {}

  @Get('export')
  @RequireScopes('contacts:read')
  @ApiTenantEndpoint(EXPORT_CONTACTS)
  @ApiCsvFile('The file.', 'id,firstname,lastname,phone\r\n12,Mona,Ali,201000000000\r\n')
  async exportContacts(@CurrentTenant() { tenantId }: AuthenticatedTenant, @Res() response: Response): Promise<void> {
    const file = { contentType: 'text/csv; charset=utf-8', filename: 'contacts.csv' };
    await sendDownload(response, file, this.contacts.csv(tenantId), (error) => this.broken(error, tenantId));
  }

  @Get(':id/export')
  @RequireScopes('contacts:read')
  @ApiTenantEndpoint(EXPORT_CONTACT)
  @ApiIdParameter(CONTACT_ID)
  @ApiEnvelope(PersonalExportDto, { message: EXPORTED })
  @ApiErrors('NOT_FOUND')
  async exportContact(
    @CurrentTenant() { tenantId, requestId }: AuthenticatedTenant,
    @Param('id') id: string,
    @Res() response: Response,
  ): Promise<void> {
    const file = { contentType: 'application/json; charset=utf-8', filename: 'contact.json' };
    const pieces = this.personal.json(tenantId, id, { message: EXPORTED, requestId });
    await sendDownload(response, file, pieces, (error) => this.broken(error, tenantId));
  }

  private broken(error: unknown, tenantId: number): void {
    this.log.warn({ err: error, tenant_id: tenantId }, 'an export ended early');
  }
}
