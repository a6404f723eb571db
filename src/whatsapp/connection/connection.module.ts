import { Module } from '@nestjs/common';
import { WhatsappClientModule } from '../client/whatsapp-client.module.js';
import { CallbackAddress } from './callback-address.js';
import { ConnectionStore } from './connection-store.js';
import { ConnectionsService } from './connections.service.js';
import { ManagementBudget } from './management-budget.js';
import { NumberVerification } from './number-verification.js';
import { SecretRotation } from './secret-rotation.js';
import { TemplateSync } from './template-sync.js';

/** Connecting tenants' numbers to WhatsApp, checking, pausing and resuming them. */
@Module({
  imports: [WhatsappClientModule],
  providers: [
    CallbackAddress,
    ConnectionStore,
    ConnectionsService,
    ManagementBudget,
    NumberVerification,
    SecretRotation,
    TemplateSync,
  ],
  exports: [ConnectionsService, CallbackAddress, SecretRotation, TemplateSync],
})
export class WhatsappConnectionModule {}
