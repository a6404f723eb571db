import type { INestApplication, Type } from '@nestjs/common';
import { MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ACCESS, type Access } from '../../auth-scopes/decorators.js';
import { REQUEST_BODY, type RequestBodies } from '../../platform/http/openapi/api-endpoint.js';

/** A method of a controller that answers requests. */
export interface RouteHandler {
  readonly controller: Type<unknown>;
  readonly method: string;
  /** How many paths it answers. */
  readonly paths: number;
  /** Undefined when neither @RequireScopes nor @Public stands on it. */
  readonly access: Access | undefined;
  /** What @ApiRequestBody says. */
  readonly bodies: RequestBodies | undefined;
}

/** Key under which the document finds the handler again: controller and method name. */
export const handlerKey = (controller: string, method: string): string => `${controller}.${method}`;

/** Every route handler of the program by {@link handlerKey}. Two controllers of one name are an error. */
export function routeHandlers(app: INestApplication): Map<string, RouteHandler> {
  const reflector = app.get(Reflector);
  const scanner = new MetadataScanner();
  const handlers = new Map<string, RouteHandler>();
  const controllers = new Set<Type<unknown>>();
  for (const module of app.get(ModulesContainer).values()) {
    for (const { metatype } of module.controllers.values()) {
      if (isClass(metatype)) controllers.add(metatype);
    }
  }
  for (const controller of controllers) {
    const prototype: unknown = controller.prototype;
    if (typeof prototype !== 'object' || prototype === null) continue;
    for (const method of scanner.getAllMethodNames(prototype)) {
      const handler: unknown = Reflect.get(prototype, method);
      if (typeof handler !== 'function' || !Reflect.hasMetadata(METHOD_METADATA, handler)) continue;
      const key = handlerKey(controller.name, method);
      if (handlers.has(key))
        throw new Error(`Two route handlers are called ${key}; the API reference needs one name each`);
      const access = reflector.getAllAndOverride<Access | undefined>(ACCESS, [handler, controller]);
      const bodies = reflector.get<RequestBodies | undefined, string>(REQUEST_BODY, handler);
      const paths = [reflector.get<string | string[], string>(PATH_METADATA, handler)].flat().length;
      handlers.set(key, { controller, method, paths, access, bodies });
    }
  }
  return handlers;
}

/** Nest's type of a controller allows for a plain function, too. */
const isClass = (metatype: unknown): metatype is Type<unknown> =>
  typeof metatype === 'function' && 'prototype' in metatype;
