import { Module } from '@nestjs/common';
import { MediaModule } from '../media/media.module.js';
import { QueueModule } from '../platform/queue/queue.module.js';
import { ContactBatchesService } from './contact-batches.service.js';
import { ContactsController } from './contacts.controller.js';
import { ContactsService } from './contacts.service.js';
import { IdentityHashesModule } from './erase/identity-hashes.module.js';
import { ContactExportController } from './export/contact-export.controller.js';
import { ContactExportService } from './export/contact-export.service.js';
import { PersonalExportService } from './export/personal-export.service.js';
import { ContactImportsController } from './import/contact-imports.controller.js';
import { ContactImportsService } from './import/contact-imports.service.js';
import { ImportErrorsService } from './import/import-errors.service.js';
import { OptOutController } from './opt-out/opt-out.controller.js';
import { OptOutService } from './opt-out/opt-out.service.js';
import { ContactWrites } from './store/contact-writes.js';

/** Contacts: the people a tenant writes to. */
@Module({
  imports: [QueueModule, IdentityHashesModule, MediaModule],
  // Those with fixed paths before `/contacts/{id}`, which would take `export` for an id.
  controllers: [ContactImportsController, ContactExportController, ContactsController, OptOutController],
  providers: [
    ContactsService,
    ContactBatchesService,
    ContactWrites,
    OptOutService,
    ContactImportsService,
    ImportErrorsService,
    ContactExportService,
    PersonalExportService,
  ],
  exports: [ContactWrites],
})
export class ContactsModule {}
