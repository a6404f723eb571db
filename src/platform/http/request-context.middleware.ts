import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import { ApiError } from './api-error.js';
import type { OpenRequests } from './open-requests.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The first middleware: gives the request its context and the answer its X-Request-Id. */
export const requestContext =
  (open: OpenRequests) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const given = request.headers['x-request-id'];
    const requestId = typeof given === 'string' && UUID.test(given) ? given : randomUUID();
    request.context = { requestId, startedAt: performance.now() };
    response.setHeader('X-Request-Id', requestId);
    open.begin(request, response);
    // RFC 9112, 3.2: a 1.1 request without Host is answered 400.
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      next(new ApiError(400, 'BAD_REQUEST', 'The Host header is missing'));
    } else {
      next();
    }
  };
