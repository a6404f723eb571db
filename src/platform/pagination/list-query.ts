import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/** The query of the request as it stands in its address, for `Lists.read`. */
export const ListQuery = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { originalUrl } = context.switchToHttp().getRequest<Request>();
  const at = originalUrl.indexOf('?');
  return at < 0 ? '' : originalUrl.slice(at + 1);
});
