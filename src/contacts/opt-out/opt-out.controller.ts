import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { RequireScopes } from '../../auth-scopes/decorators.js';
import { CurrentTenant } from '../../platform/http/decorators.js';
import { ApiEnvelope, ApiErrors, ApiIdParameter, ApiTenantEndpoint } from '../../platform/http/openapi/api-endpoint.js';
import { Reply } from '../../platform/http/reply.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { resourceId } from '../../platform/http/resource-id.js';
import { CONTACT_ID, OPT_IN, OPT_OUT } from '../contacts.docs.js';
import { OptStateDto } from '../dto/opt-state.dto.js';
import { NO_SUCH_CONTACT } from '../store/update-contact.js';
import { OptOutService } from './opt-out.service.js';

const OPTED_OUT = 'Contact opted out successfully';
const OPTED_IN = 'Contact opted in successfully';

/** `/api/v2/contacts/{id}`: whether a contact receives messages. */
@Controller('api/v2/contacts')
export class OptOutController {
  constructor(private readonly optOuts: OptOutService) {}

  @Post(':id/opt-out')
  @HttpCode(200)
  @RequireScopes('contacts:write')
  @ApiTenantEndpoint(OPT_OUT)
  @ApiIdParameter(CONTACT_ID)
  @ApiEnvelope(OptStateDto, { message: OPTED_OUT })
  @ApiErrors('NOT_FOUND')
  async optOut(@CurrentTenant() tenant: AuthenticatedTenant, @Param('id') id: string): Promise<Reply<OptStateDto>> {
    const state = await this.optOuts.change(tenant, resourceId(id, NO_SUCH_CONTACT), true);
    return new Reply(state, { message: OPTED_OUT });
  }

  @Post(':id/opt-in')
  @HttpCode(200)
  @RequireScopes('contacts:write')
  @ApiTenantEndpoint(OPT_IN)
  @ApiIdParameter(CONTACT_ID)
  @ApiEnvelope(OptStateDto, { message: OPTED_IN })
  @ApiErrors('NOT_FOUND')
  async optIn(@CurrentTenant() tenant: AuthenticatedTenant, @Param('id') id: string): Promise<Reply<OptStateDto>> {
    const state = await this.optOuts.change(tenant, resourceId(id, NO_SUCH_CONTACT), false);
    return new Reply(state, { message: OPTED_IN });
  }
}
