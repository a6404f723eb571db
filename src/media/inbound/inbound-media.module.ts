import { Module } from '@nestjs/common';
import { CustomerMedia } from '../../whatsapp/client/customer-media.js';
import { WhatsappClientModule } from '../../whatsapp/client/whatsapp-client.module.js';
import { MediaModule } from '../media.module.js';
import { InboundMediaStore } from './inbound-media-store.js';
import { InboundMediaWorker } from './inbound-media-worker.js';
import { MediaFetch } from './media-fetch.js';

/** For the worker role: fetches the files that customers send. */
@Module({
  imports: [MediaModule, WhatsappClientModule],
  providers: [CustomerMedia, InboundMediaStore, InboundMediaWorker, MediaFetch],
})
export class InboundMediaModule {}
