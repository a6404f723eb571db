import { Controller, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import type { Response } from 'express';
import { RequireScopes } from '../../auth-scopes/decorators.js';
import { MediaUpload, UploadedMedia } from '../../media/upload/media-upload.js';
import type { MediaForm } from '../../media/upload/uploaded-file.js';
import { CurrentTenant, ReadsBody } from '../../platform/http/decorators.js';
import {
  ApiEnvelope,
  ApiErrors,
  ApiIdParameter,
  ApiRequestBody,
  ApiTenantEndpoint,
} from '../../platform/http/openapi/api-endpoint.js';
import { Reply } from '../../platform/http/reply.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { Log } from '../../platform/logging/log.js';
import { ApiCsvFile } from '../export/contact-export.docs.js';
import { sendDownload } from '../export/send-download.js';
import { GET_IMPORT, GET_IMPORT_ERRORS, IMPORT_CONTACTS, IMPORT_FAULTS, IMPORT_ID } from './contact-imports.docs.js';
import { ContactImportsService, IMPORT_FILE } from './contact-imports.service.js';
import { ImportDto, ImportFormDto } from './dto/import.dto.js';
import { ImportErrorsService } from './import-errors.service.js';

const STARTED = 'Contact import started successfully';
const RETRIEVED = 'Contact import retrieved successfully';

/** `/api/v2/contacts/import` and `/imports/{id}`. Its paths stand before `/contacts/{id}`, see the module. */
@Controller('api/v2/contacts')
export class ContactImportsController {
  constructor(
    private readonly imports: ContactImportsService,
    private readonly errors: ImportErrorsService,
    private readonly log: Log,
  ) {}

  @Post('import')
  @HttpCode(200)
  @RequireScopes('contacts:write')
  @ReadsBody('multipart')
  @MediaUpload({ [IMPORT_FILE]: 'document' })
  @ApiTenantEndpoint(IMPORT_CONTACTS)
  @ApiRequestBody({
    'multipart/form-data': {
      dto: ImportFormDto,
      example: { source_id: 3, status_id: 5, skip_duplicates: true, file: 'contacts.csv' },
    },
  })
  @ApiEnvelope(ImportDto, { message: STARTED })
  @ApiErrors(IMPORT_FAULTS)
  async startImport(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @UploadedMedia() form: MediaForm,
  ): Promise<Reply<ImportDto>> {
    return new Reply(await this.imports.start(tenant, form), { message: STARTED });
  }

  @Get('imports/:id')
  @RequireScopes('contacts:read')
  @ApiTenantEndpoint(GET_IMPORT)
  @ApiIdParameter(IMPORT_ID)
  @ApiEnvelope(ImportDto, { message: RETRIEVED })
  @ApiErrors('NOT_FOUND')
  async getImport(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @Param('id') id: string,
  ): Promise<Reply<ImportDto>> {
    return new Reply(await this.imports.get(tenantId, id), { message: RETRIEVED });
  }

  @Get('imports/:id/errors')
  @RequireScopes('contacts:read')
  @ApiTenantEndpoint(GET_IMPORT_ERRORS)
  @ApiIdParameter(IMPORT_ID)
  @ApiCsvFile(
    'The file.',
    'row,line,code,field,message\r\n3,4,VALIDATION_ERROR,phone,Another contact has this phone already.\r\n',
  )
  @ApiErrors('NOT_FOUND')
  async getImportErrors(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @Param('id') id: string,
    @Res() response: Response,
  ): Promise<void> {
    const found = await this.imports.get(tenantId, id);
    const file = { contentType: 'text/csv; charset=utf-8', filename: `import-${found.id}-errors.csv` };
    await sendDownload(response, file, this.errors.csv(tenantId, found.id), (error) =>
      this.log.warn({ err: error, tenant_id: tenantId }, 'a download of import errors ended early'),
    );
  }
}
