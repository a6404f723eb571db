import { type DynamicModule, Module } from '@nestjs/common';
import { ApiReferenceModule } from './api-reference/api-reference.module.js';
import { AuthScopesModule } from './auth-scopes/auth-scopes.module.js';
import { ChatsModule } from './chats/chats.module.js';
import { ReadReceiptsModule } from './chats/read-receipts/read-receipts.module.js';
import { ContactsModule } from './contacts/contacts.module.js';
import { ContactImportWorkerModule } from './contacts/import/contact-import-worker.module.js';
import { DeliveryModule } from './delivery/delivery.module.js';
import { SentPairsModule } from './delivery/slots/sent-pairs.module.js';
import { GroupsModule } from './groups/groups.module.js';
import { IntegrationsModule } from './integrations/integrations.module.js';
import { StoreGaugesModule } from './integrations/store-gauges.js';
import { MaintenanceWorkerModule } from './maintenance/maintenance.module.js';
import { InboundMediaModule } from './media/inbound/inbound-media.module.js';
import { MediaModule } from './media/media.module.js';
import { MessagesModule } from './messages/messages.module.js';
import { OtpModule } from './otp/otp.module.js';
import type { Settings } from './platform/config/settings.js';
import { HealthModule } from './platform/health/health.module.js';
import { HttpModule } from './platform/http/http.module.js';
import { BacklogModule } from './platform/metrics/backlog.module.js';
import { IdempotencyModule } from './platform/idempotency/idempotency.module.js';
import { NumbersModule } from './platform/numbers/numbers.module.js';
import { PlatformModule } from './platform/platform.module.js';
import { QueuePagesModule } from './queue-pages/queue-pages.module.js';
import { SourcesModule } from './sources/sources.module.js';
import { StatusesModule } from './statuses/statuses.module.js';
import { TemplatesModule } from './templates/templates.module.js';
import { AccountModule } from './tenants/account/account.module.js';
import { NumberPollModule } from './whatsapp/connection/number-poll.module.js';
import { EventGaugesModule } from './webhooks/events/event-gauges.module.js';
import { EventDispatcherModule } from './webhooks/events/event-dispatcher.module.js';
import { DeadLettersModule } from './webhooks/dead-letters/dead-letters.module.js';
import { WebhookDeliveryModule } from './webhooks/delivery/webhook-delivery.module.js';
import { WebhookGaugesModule } from './webhooks/webhook-gauges.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';
import { WebhookProcessorModule } from './whatsapp/webhook/webhook-processor.module.js';
import { WebhookReceiverModule } from './whatsapp/webhook/webhook-receiver.module.js';

type ModuleList = NonNullable<DynamicModule['imports']>;

/** Every process: settings, log, connections, health, metrics, and what the rate slots are restored from. */
const EVERY_ROLE: ModuleList = [
  PlatformModule,
  SentPairsModule,
  HealthModule,
  BacklogModule,
  EventGaugesModule,
  NumbersModule,
  QueuePagesModule,
  StoreGaugesModule,
  WebhookGaugesModule,
];

/** What answers HTTP. */
const API: ModuleList = [
  HttpModule,
  IdempotencyModule,
  AuthScopesModule,
  ApiReferenceModule,
  MediaModule,
  MessagesModule,
  OtpModule,
  ChatsModule,
  TemplatesModule,
  ContactsModule,
  AccountModule,
  GroupsModule,
  SourcesModule,
  StatusesModule,
  WebhookReceiverModule,
  IntegrationsModule,
  WebhooksModule,
];

/** What works off the queue and the inbox, and keeps the tables small. */
const WORKER: ModuleList = [
  DeliveryModule,
  NumberPollModule,
  MaintenanceWorkerModule,
  WebhookProcessorModule,
  ReadReceiptsModule,
  InboundMediaModule,
  ContactImportWorkerModule,
  EventDispatcherModule,
  WebhookDeliveryModule,
  DeadLettersModule,
];

/** The root of one program with three roles: the same modules, put together as the role needs them. */
@Module({})
export class AppModule {
  static forRole(role: Settings['ROLE']): DynamicModule {
    return {
      module: AppModule,
      imports: [...EVERY_ROLE, ...(role === 'worker' ? [] : API), ...(role === 'api' ? [] : WORKER)],
    };
  }
}
