import { Global, Module } from '@nestjs/common';
import { OptWordSettings } from '../contacts/opt-out/opt-word-settings.js';
import { DeliveryHold } from '../delivery/hold/delivery-hold.js';
import { MaintenanceModule } from '../maintenance/maintenance.module.js';
import { AuditLog } from '../platform/audit/audit-log.js';
import { Clock } from '../platform/clock/clock.js';
import { readSettings, Settings } from '../platform/config/settings.js';
import { Encryption } from '../platform/crypto/encryption.js';
import { DatabaseModule } from '../platform/database/database.module.js';
import { LoggingModule } from '../platform/logging/logging.module.js';
import { SealedContentRotation } from '../templates/sending/sealed-content-rotation.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { ReplaysService } from '../webhooks/deliveries/replays.service.js';
import { EndpointNews } from '../webhooks/endpoints/endpoint-news.js';
import { EndpointSecrets } from '../webhooks/endpoints/endpoint-secrets.js';
import { EndpointView } from '../webhooks/endpoints/endpoint-view.js';
import { OperatorEndpoints } from '../webhooks/endpoints/operator-endpoints.js';
import { WebhookRepository } from '../webhooks/endpoints/webhook.repository.js';
import { WhatsappConnectionModule } from '../whatsapp/connection/connection.module.js';
import { DemoTenant } from './demo-tenant.js';
import { EncryptionRotation } from './encryption-rotation.js';

/** Commands do one thing at a time. */
const POOL_SIZE = 4;

/** Standard output belongs to the result, so the log is silent; failures are told on standard error. */
function commandSettings(): Settings {
  const settings = readSettings(process.env);
  settings.LOG_LEVEL = 'silent';
  settings.DATABASE_POOL_SIZE = Math.min(settings.DATABASE_POOL_SIZE, POOL_SIZE);
  return settings;
}

/** What commands stand on: the platform without HTTP, queue and Redis. */
@Global()
@Module({
  imports: [LoggingModule, DatabaseModule],
  providers: [{ provide: Settings, useFactory: commandSettings }, Clock, Encryption],
  exports: [Settings, Clock, Encryption, LoggingModule, DatabaseModule],
})
class CommandPlatformModule {}

/** Everything the operator's commands use. */
@Module({
  imports: [CommandPlatformModule, MaintenanceModule, TenantsModule, WhatsappConnectionModule],
  providers: [
    AuditLog,
    DeliveryHold,
    DemoTenant,
    EncryptionRotation,
    EndpointNews,
    EndpointSecrets,
    EndpointView,
    OperatorEndpoints,
    OptWordSettings,
    ReplaysService,
    SealedContentRotation,
    WebhookRepository,
  ],
})
export class CliModule {}
