import { Module } from '@nestjs/common';
import { CloudApiClient } from './cloud-api-client.js';

/** Calls to WhatsApp's Cloud API. */
@Module({ providers: [CloudApiClient], exports: [CloudApiClient] })
export class WhatsappClientModule {}
