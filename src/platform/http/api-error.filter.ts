import { type ArgumentsHost, Catch, type ExceptionFilter, NotFoundException } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Application, Request, Response } from 'express';
import { Log } from '../logging/log.js';
import { allowedMethods } from './allowed-methods.js';
import { type ApiError, methodNotAllowed } from './api-error.js';
import { errorEnvelope, SuccessEnvelope } from './envelope.js';
import { Reply } from './reply.js';
import { toApiError } from './to-api-error.js';
import { writeJson } from './write-json.js';

/** The one exception filter: every error, wherever it was thrown, leaves in the envelope. Faults of ours are logged. */
@Catch()
export class ApiErrorFilter implements ExceptionFilter {
  constructor(
    private readonly log: Log,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    // Nest throws this where no route matched; features throw ApiError.
    const allowed = thrown instanceof NotFoundException ? this.methodsOf(request) : [];
    if (allowed.length > 0 && request.method === 'OPTIONS') return this.answerOptions(request, response, allowed);
    const error = allowed.length > 0 ? methodNotAllowed(allowed) : toApiError(thrown);
    this.report(error, request);
    if (response.headersSent) {
      // Half an answer is out; the caller sees it break off rather than end as if it were whole.
      response.destroy();
      return;
    }
    writeJson(response, error.status, errorEnvelope(error, request.context.requestId), error.headers);
  }

  private methodsOf(request: Request): string[] {
    const app: Application = this.adapterHost.httpAdapter.getInstance();
    return allowedMethods(app, request.path);
  }

  private answerOptions(request: Request, response: Response, allowed: string[]): void {
    const envelope = new SuccessEnvelope(new Reply({ allow: allowed }), request.context.requestId);
    writeJson(response, 200, envelope.body, { Allow: allowed.join(', ') });
  }

  private report(error: ApiError, request: Request): void {
    if (error.status < 500 || error.code === 'MESSAGE_SEND_FAILED') return;
    const fields = { request_id: request.context.requestId, code: error.code, err: error.cause ?? error };
    if (error.status === 503) this.log.warn(fields, 'answered 503');
    else this.log.error(fields, 'a request failed');
  }
}
