import { Global, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Fingerprints } from './fingerprints.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { IdempotencyKeys } from './idempotency-keys.js';
import { StoredEffects } from './stored-effects.js';

/** `Idempotency-Key` for every POST. To be imported after HttpModule, which reads the bodies. */
@Global()
@Module({
  providers: [
    Fingerprints,
    IdempotencyKeys,
    StoredEffects,
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
  ],
  exports: [IdempotencyKeys, StoredEffects],
})
export class IdempotencyModule {}
