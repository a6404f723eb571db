import { Module } from '@nestjs/common';
import { WhatsappConnectionModule } from '../whatsapp/connection/connection.module.js';
import { SendableTemplates } from './sending/sendable-templates.js';
import { TemplateRepository } from './template.repository.js';
import { TemplatesController } from './templates.controller.js';
import { TemplatesService } from './templates.service.js';
import { TemplatesSyncService } from './templates-sync.service.js';

/** Message templates: list, get, sync, and which may be sent. */
@Module({
  imports: [WhatsappConnectionModule],
  controllers: [TemplatesController],
  exports: [SendableTemplates, TemplateRepository],
  providers: [SendableTemplates, TemplateRepository, TemplatesService, TemplatesSyncService],
})
export class TemplatesModule {}
