import { Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { ApiErrorFilter } from './api-error.filter.js';
import { BodyInterceptor } from './body.interceptor.js';
import { EnvelopeInterceptor } from './envelope.interceptor.js';
import { ApiValidationPipe } from './validation/api-validation.pipe.js';

/** What every route of the API goes through: envelope, body, validation, errors. */
@Module({
  providers: [
    { provide: APP_INTERCEPTOR, useClass: EnvelopeInterceptor },
    { provide: APP_INTERCEPTOR, useClass: BodyInterceptor },
    { provide: APP_PIPE, useClass: ApiValidationPipe },
    { provide: APP_FILTER, useClass: ApiErrorFilter },
  ],
})
export class HttpModule {}
