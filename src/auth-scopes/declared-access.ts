import { Injectable, type OnModuleInit } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { type Access, ACCESS } from './decorators.js';

/** Routes say neither which scopes they need nor that they are public. The program does not start like this. */
export class UndeclaredAccessError extends Error {
  constructor(readonly routes: readonly string[]) {
    super(`These routes need @RequireScopes or @Public: ${routes.join(', ')}`);
  }
}

/** Looks at every handler of every controller when the program starts. */
@Injectable()
export class DeclaredAccess implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /** @throws UndeclaredAccessError */
  onModuleInit(): void {
    const undeclared: string[] = [];
    for (const { metatype } of this.discovery.getControllers()) {
      if (typeof metatype !== 'function') continue;
      const prototype: object = metatype.prototype as object;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const handler: unknown = Reflect.get(prototype, name);
        if (typeof handler !== 'function' || !Reflect.hasMetadata(METHOD_METADATA, handler)) continue;
        const declared =
          Reflect.hasMetadata(ACCESS, handler) ||
          this.reflector.get<Access | undefined>(ACCESS, metatype) !== undefined;
        if (!declared) undeclared.push(`${metatype.name}.${name}`);
      }
    }
    if (undeclared.length > 0) throw new UndeclaredAccessError(undeclared);
  }
}
