import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  StreamableFile,
} from '@nestjs/common';
import type { Request } from 'express';
import { map, type Observable } from 'rxjs';
import { SuccessEnvelope } from './envelope.js';
import { Reply } from './reply.js';

/** The global interceptor that puts what a controller returns (data, or a {@link Reply}) into the success envelope. */
@Injectable()
export class EnvelopeInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { requestId } = context.switchToHttp().getRequest<Request>().context;
    return next.handle().pipe(
      map((result: unknown) => {
        if (result instanceof StreamableFile) return result;
        return new SuccessEnvelope(result instanceof Reply ? result : new Reply(result), requestId);
      }),
    );
  }
}
