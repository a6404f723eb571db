import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { defer, lastValueFrom, type Observable } from 'rxjs';
import { BODY_KIND, type BodyKind } from '../http/decorators.js';
import { Log } from '../logging/log.js';
import { COMMITS_KEY } from './decorators.js';
import { Fingerprints } from './fingerprints.js';
import { IDEMPOTENCY_KEY, keyHashOf } from './idempotency-key.js';
import { IdempotencyKeys } from './idempotency-keys.js';
import { IdempotentCall, type IdempotencyParts } from './idempotent-call.js';
import { StoredEffects } from './stored-effects.js';

/**
 * Makes every POST with a tenant's token repeatable under an `Idempotency-Key`: the first call's answer is kept, and
 * given again. A request without the header passes through. Stands behind the guard and the reading of the body;
 * whoever reads a form after it calls `IdempotentCall.begin` once the form is read.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly parts: IdempotencyParts;

  constructor(
    private readonly reflector: Reflector,
    keys: IdempotencyKeys,
    fingerprints: Fingerprints,
    effects: StoredEffects,
    log: Log,
  ) {
    this.parts = { keys, fingerprints, effects, log, running: new Map() };
  }

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Request>();
    const header = request.headers[IDEMPOTENCY_KEY];
    const { tenant } = request.context;
    if (header === undefined || request.method !== 'POST' || !tenant) return next.handle();
    const commitsWithEffect = this.reflector.get<boolean | undefined>(COMMITS_KEY, context.getHandler()) ?? false;
    const { method, originalUrl: path } = request;
    const call = new IdempotentCall(
      this.parts,
      { method, path, tenantId: tenant.tenantId, keyHash: keyHashOf(header) },
      commitsWithEffect,
    );
    request.context.idempotentCall = call;
    const readsForm = this.readsForm(context);
    return defer(async () => {
      try {
        const earlier = readsForm ? undefined : await call.begin({ fields: request.body as unknown });
        return earlier ?? (await this.run(call, next));
      } finally {
        call.leave();
      }
    });
  }

  private readsForm(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    return this.reflector.getAllAndOverride<BodyKind | undefined>(BODY_KIND, targets) === 'multipart';
  }

  private async run(call: IdempotentCall, next: CallHandler<unknown>): Promise<unknown> {
    let result: unknown;
    try {
      result = await lastValueFrom(next.handle(), { defaultValue: undefined });
    } catch (error) {
      return call.failed(error);
    }
    return call.succeeded(result);
  }
}
