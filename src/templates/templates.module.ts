import { Module } from '@nestjs/common';
import { WhatsappClientModule } from '../whatsapp/client/whatsapp-client.module.js';
import { WhatsappConnectionModule } from '../whatsapp/connection/connection.module.js';
import { TemplateRepository } from './template.repository.js';
import { TemplatesController } from './templates.controller.js';
import { TemplatesService } from './templates.service.js';
import { TemplatesSyncService } from './templates-sync.service.js';

/** Message templates: list, get, sync. */
@Module({
  imports: [WhatsappClientModule, WhatsappConnectionModule],
  controllers: [TemplatesController],
  providers: [TemplateRepository, TemplatesService, TemplatesSyncService],
})
export class TemplatesModule {}
