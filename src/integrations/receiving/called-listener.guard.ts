import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { notFound } from '../../platform/http/api-error.js';
import { ListenerRepository } from '../listeners/listener.repository.js';
import { LISTENER_KEY } from '../listeners/listeners.service.js';
import type { ListenerRow } from '../store-listener.js';
import { CallLimits } from './call-limits.js';

const called = new WeakMap<Request, ListenerRow>();

/** Finds the listener of a public address before a byte of the body is read. */
@Injectable()
export class CalledListenerGuard implements CanActivate {
  constructor(
    private readonly listeners: ListenerRepository,
    private readonly limits: CallLimits,
  ) {}

  /** @throws ApiError 404 when nobody has the key, 429 when the listener is called too often */
  async canActivate(context: ExecutionContext): Promise<true> {
    const request = context.switchToHttp().getRequest<Request>();
    // The path of a listener has one parameter for all methods; here it is the key.
    const { id: key } = request.params;
    const listener =
      typeof key === 'string' && LISTENER_KEY.test(key) ? await this.listeners.findByKey(key) : undefined;
    if (!listener) throw notFound();
    this.limits.count(listener.id);
    called.set(request, listener);
    return true;
  }
}

/** The listener that a store calls. Only behind the {@link CalledListenerGuard}. */
export const CalledListener = createParamDecorator((_: unknown, context: ExecutionContext): ListenerRow => {
  const listener = called.get(context.switchToHttp().getRequest<Request>());
  if (!listener) throw new Error('@CalledListener() on a route without its guard');
  return listener;
});
