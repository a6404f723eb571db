import { Module } from '@nestjs/common';
import { QueueModule } from '../platform/queue/queue.module.js';
import { ContactsController } from './contacts.controller.js';
import { OptOutService } from './opt-out/opt-out.service.js';

/** Contacts: the people a tenant writes to. */
@Module({ imports: [QueueModule], controllers: [ContactsController], providers: [OptOutService] })
export class ContactsModule {}
