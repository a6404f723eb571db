import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Request } from 'express';
import { BODY_LIMIT_BYTES } from './body-limit.js';
import type { AuthenticatedTenant } from './request-context.js';

const requestOf = (context: ExecutionContext): Request => context.switchToHttp().getRequest<Request>();

/** The tenant whose token the request carries. Only on routes with `@RequireScopes`. */
export const CurrentTenant = createParamDecorator((_: unknown, context: ExecutionContext): AuthenticatedTenant => {
  const tenant = requestOf(context).context.tenant;
  if (!tenant) throw new Error('@CurrentTenant() on a route without @RequireScopes()');
  return tenant;
});

/** The request's UUID, as in `meta.request_id`. */
export const RequestId = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => requestOf(context).context.requestId,
);

/** Key of the metadata that {@link ReadsBody} sets. */
export const BODY_KIND = 'http:body-kind';

/**
 * json: JSON or urlencoded up to 4 MB, the default.
 * multipart: the same, and a multipart body is left to the route's own interceptor.
 * raw: the exact bytes as a Buffer up to 4 MB, whatever their type says.
 */
export type BodyKind = 'json' | 'multipart' | 'raw';

/** Says how the route's body is read, when it is not plain JSON. */
export const ReadsBody = (kind: BodyKind): MethodDecorator & ClassDecorator => SetMetadata(BODY_KIND, kind);

/** Key of the metadata that {@link BodyLimit} sets. */
export const BODY_LIMIT = 'http:body-limit';

/** The route takes smaller bodies than others: so many bytes, at most {@link BODY_LIMIT_BYTES}. */
export const BodyLimit = (bytes: number): MethodDecorator => SetMetadata(BODY_LIMIT, Math.min(bytes, BODY_LIMIT_BYTES));
