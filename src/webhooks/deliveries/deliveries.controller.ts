import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { RequireScopes } from '../../auth-scopes/decorators.js';
import { CurrentTenant } from '../../platform/http/decorators.js';
import { ApiEnvelope, ApiErrors, ApiIdParameter, ApiTenantEndpoint } from '../../platform/http/openapi/api-endpoint.js';
import { Reply } from '../../platform/http/reply.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { resourceId } from '../../platform/http/resource-id.js';
import { ApiListEndpoint } from '../../platform/pagination/api-list-endpoint.js';
import { ListQuery } from '../../platform/pagination/list-query.js';
import { Lists } from '../../platform/pagination/lists.js';
import { listReply } from '../../platform/pagination/pagination.js';
import { NO_SUCH_WEBHOOK } from '../endpoints/webhook.repository.js';
import { WEBHOOK_ID } from '../endpoints/webhooks.docs.js';
import { DELIVERY_ID, LIST_DELIVERIES, REPLAY_DELIVERY, REPLAY_EVENTS, REPLAY_FAULTS } from './deliveries.docs.js';
import { DeliveriesService } from './deliveries.service.js';
import { DELIVERY_LIST } from './delivery-list.js';
import { DeliveryDto } from './dto/delivery.dto.js';
import { ReplayDto, ReplayedDto } from './dto/replay.dto.js';
import { ReplaysService } from './replays.service.js';

const REPLAYED = 'Delivery replayed successfully';
const EVENTS_REPLAYED = 'Events replayed successfully';

/** Below `/api/v2/webhooks`: what was delivered, and delivering it again. */
@Controller('api/v2/webhooks')
export class DeliveriesController {
  constructor(
    private readonly deliveries: DeliveriesService,
    private readonly replays: ReplaysService,
    private readonly lists: Lists,
  ) {}

  @Get(':id/deliveries')
  @RequireScopes('webhooks:read')
  @ApiListEndpoint(LIST_DELIVERIES)
  @ApiIdParameter(WEBHOOK_ID)
  @ApiErrors('NOT_FOUND')
  async listDeliveries(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @Param('id') id: string,
    @ListQuery() query: string,
  ): Promise<Reply<Partial<DeliveryDto>[]>> {
    const scope = { tenantId, within: { sql: 'd.webhook_id', id: resourceId(id, NO_SUCH_WEBHOOK) } };
    const request = this.lists.read(DELIVERY_LIST, scope, query);
    return listReply(await this.deliveries.list(scope, request), request.fields, LIST_DELIVERIES.message);
  }

  @Post('deliveries/:id/replay')
  @HttpCode(200)
  @RequireScopes('webhooks:write')
  @ApiTenantEndpoint(REPLAY_DELIVERY)
  @ApiIdParameter(DELIVERY_ID)
  @ApiEnvelope(DeliveryDto, { message: REPLAYED })
  @ApiErrors('NOT_FOUND')
  async replayDelivery(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Param('id') id: string,
  ): Promise<Reply<DeliveryDto>> {
    return new Reply(await this.replays.replayOne(tenant, id), { message: REPLAYED });
  }

  @Post(':id/replay')
  @HttpCode(200)
  @RequireScopes('webhooks:write')
  @ApiTenantEndpoint(REPLAY_EVENTS)
  @ApiIdParameter(WEBHOOK_ID)
  @ApiEnvelope(ReplayedDto, { message: EVENTS_REPLAYED })
  @ApiErrors('NOT_FOUND', REPLAY_FAULTS)
  async replayEvents(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Param('id') id: string,
    @Body() given: ReplayDto,
  ): Promise<Reply<ReplayedDto>> {
    return new Reply({ replayed: await this.replays.replaySince(tenant, id, given) }, { message: EVENTS_REPLAYED });
  }
}
