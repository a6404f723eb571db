import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** How long a caller that was answered early may go on sending its body, milliseconds (nginx: lingering_time). */
const LINGER_MS = 10_000;

/**
 * The first middleware: gives the request its context and the answer its X-Request-Id. A caller that is answered while
 * its body still comes (401, 413) can read that answer, but its connection does not stay open for the rest of a body
 * that nobody wants.
 */
export function requestContext(request: Request, response: Response, next: NextFunction): void {
  const given = request.headers['x-request-id'];
  const requestId = typeof given === 'string' && UUID.test(given) ? given : randomUUID();
  request.context = { requestId, startedAt: performance.now() };
  response.setHeader('X-Request-Id', requestId);
  response.once('finish', () => {
    if (request.complete) return;
    const { socket } = request;
    const timer = setTimeout(() => {
      if (!request.complete) socket.destroy();
    }, LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
    request.once('end', () => clearTimeout(timer));
  });
  next();
}
