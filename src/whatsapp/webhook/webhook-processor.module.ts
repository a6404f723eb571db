import { Module } from '@nestjs/common';
import { IdentityHashesModule } from '../../contacts/erase/identity-hashes.module.js';
import { LanesModule } from '../../delivery/lanes/lanes.module.js';
import { QueueModule } from '../../platform/queue/queue.module.js';
import { HeardAccounts } from './processing/heard-accounts.js';
import { InboundCharge } from './processing/inbound-charge.js';
import { InboxProcessor } from './processing/inbox-processor.js';

/** For the worker role: works the stored webhooks off. */
@Module({
  imports: [QueueModule, LanesModule, IdentityHashesModule],
  providers: [HeardAccounts, InboundCharge, InboxProcessor],
})
export class WebhookProcessorModule {}
