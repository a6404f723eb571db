import { Injectable } from '@nestjs/common';
import type { ListRequest } from '../../platform/pagination/list-request.js';
import type { ListScope } from '../../platform/pagination/list-spec.js';
import { type ListPage, Lists } from '../../platform/pagination/lists.js';
import { WebhookRepository } from '../endpoints/webhook.repository.js';
import { DELIVERY_LIST } from './delivery-list.js';
import { deliveriesByIds, presentDelivery } from './delivery-rows.js';
import type { DeliveryDto } from './dto/delivery.dto.js';

/** What was delivered to an endpoint, and what came of it. */
@Injectable()
export class DeliveriesService {
  constructor(
    private readonly webhooks: WebhookRepository,
    private readonly lists: Lists,
  ) {}

  /** One page of the deliveries of the endpoint in `scope.within`. @throws ApiError 404 when the tenant has no such endpoint */
  async list(scope: ListScope, request: ListRequest): Promise<ListPage<DeliveryDto>> {
    if (!scope.within) throw new Error('deliveries are listed of one endpoint');
    await this.webhooks.get(scope.tenantId, scope.within.id);
    return this.lists.page(DELIVERY_LIST, scope, request, async (sql, ids) =>
      (await deliveriesByIds(sql, scope.tenantId, ids)).map(presentDelivery),
    );
  }
}
