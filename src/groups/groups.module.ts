import { Module } from '@nestjs/common';
import { ContactsModule } from '../contacts/contacts.module.js';
import { GroupsController } from './groups.controller.js';
import { GroupsService } from './groups.service.js';
import { MembershipsService } from './memberships.service.js';

/** Groups of contacts. */
@Module({
  imports: [ContactsModule],
  controllers: [GroupsController],
  providers: [GroupsService, MembershipsService],
})
export class GroupsModule {}
