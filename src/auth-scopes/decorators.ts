import { SetMetadata } from '@nestjs/common';
import type { Scope } from './scopes.js';

/** Key of the metadata that {@link RequireScopes} and {@link Public} set. */
export const ACCESS = 'auth-scopes:access';

/** Who may call a route. */
export type Access = { readonly kind: 'public' } | { readonly kind: 'scopes'; readonly scopes: readonly Scope[] };

/** The route needs a token that holds all of these scopes. On a method, or on a class for all its methods. */
export const RequireScopes = (first: Scope, ...more: Scope[]): MethodDecorator & ClassDecorator =>
  SetMetadata<string, Access>(ACCESS, { kind: 'scopes', scopes: [first, ...more] });

/** The route is open to everybody: no token is read, no rate limit of a token applies. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata<string, Access>(ACCESS, { kind: 'public' });
