import { Module } from '@nestjs/common';
import { HostAddresses } from '../../platform/public-hosts/host-addresses.js';
import { DeliveryAttempt } from '../delivery/delivery-attempt.js';
import { EndpointHosts } from '../delivery/endpoint-hosts.js';
import { WebhookHttp } from '../delivery/webhook-http.js';
import { EndpointNews } from './endpoint-news.js';
import { EndpointSecrets } from './endpoint-secrets.js';
import { EndpointSwitch } from './endpoint-switch.js';
import { EndpointView } from './endpoint-view.js';
import { WebhookRepository } from './webhook.repository.js';

const SHARED = [
  DeliveryAttempt,
  EndpointHosts,
  EndpointNews,
  EndpointSecrets,
  EndpointSwitch,
  EndpointView,
  WebhookRepository,
];

/** What the API and the workers both need of endpoints: to read, to reach and to disable them. */
@Module({ providers: [...SHARED, HostAddresses, WebhookHttp], exports: SHARED })
export class EndpointsModule {}
