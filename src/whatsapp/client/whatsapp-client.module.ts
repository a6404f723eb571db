import { Module } from '@nestjs/common';
import { AccessTokens } from '../connection/access-tokens.js';
import { CloudApiClient } from './cloud-api-client.js';
import { CloudApiManagement } from './cloud-api-management.js';

/** Calls to WhatsApp's Cloud API, and the access tokens they need. */
@Module({
  providers: [CloudApiClient, CloudApiManagement, AccessTokens],
  exports: [CloudApiClient, CloudApiManagement, AccessTokens],
})
export class WhatsappClientModule {}
