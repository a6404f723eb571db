import { Module } from '@nestjs/common';
import { QueueModule } from '../platform/queue/queue.module.js';
import { ContactBatchesService } from './contact-batches.service.js';
import { ContactsController } from './contacts.controller.js';
import { ContactsService } from './contacts.service.js';
import { IdentityHashesModule } from './erase/identity-hashes.module.js';
import { OptOutController } from './opt-out/opt-out.controller.js';
import { OptOutService } from './opt-out/opt-out.service.js';
import { ContactWrites } from './store/contact-writes.js';

/** Contacts: the people a tenant writes to. */
@Module({
  imports: [QueueModule, IdentityHashesModule],
  controllers: [ContactsController, OptOutController],
  providers: [ContactsService, ContactBatchesService, ContactWrites, OptOutService],
  exports: [ContactWrites],
})
export class ContactsModule {}
