import { Module } from '@nestjs/common';
import { EndpointsModule } from '../endpoints/endpoints.module.js';
import { Abandonment } from './abandonment.js';
import { Deliverer } from './deliverer.js';
import { DeliveryRun } from './delivery-run.js';
import { DeliverySignal } from './delivery-signal.js';
import { DeliveryStore } from './delivery-store.js';

/** For the worker role: delivers events to tenants' endpoints. */
@Module({
  imports: [EndpointsModule],
  providers: [Abandonment, Deliverer, DeliveryRun, DeliverySignal, DeliveryStore],
})
export class WebhookDeliveryModule {}
