import type { NextFunction, Request, Response } from 'express';
import type { Log } from '../logging/log.js';
import type { Metrics } from '../metrics/metrics.js';

/** The route's pattern (`/api/v2/messages/:id`), never the address itself: that may hold what is nobody's business. */
const routeOf = (request: Request): string => {
  const route: unknown = request.route;
  return typeof route === 'object' && route !== null && 'path' in route ? String(route.path) : 'unmatched';
};

const line = (request: Request, response: Response): object => ({
  request_id: request.context.requestId,
  tenant_id: request.context.tenant?.tenantId,
  token_id: request.context.tenant?.tokenId,
  method: request.method,
  route: routeOf(request),
  status: response.statusCode,
  duration_ms: Math.round((performance.now() - request.context.startedAt) * 10) / 10,
  ...(response.writableFinished ? {} : { aborted: true }),
});

/**
 * One log line a request, when its answer is out or its caller has gone: `error` for a fault of ours (5xx), `info`
 * otherwise. No address, header or body: nothing secret can be in it. (pino-http would do no more here, and
 * make two loggers for each request.)
 */
export const requestLog = (log: Log): ((request: Request, response: Response, next: NextFunction) => void) => {
  // The fields of the line are all named above, so there is nothing to redact; looking for it would cost more than all
  // the rest of the line.
  const logger = log.pino.child({}, { redact: [] });
  return (request, response, next) => {
    response.once('close', () => {
      const level = response.statusCode >= 500 ? 'error' : 'info';
      logger[level](line(request, response), 'request');
    });
    next();
  };
};

/** Counts and times every request. */
export const requestMetrics =
  (metrics: Metrics) =>
  (request: Request, response: Response, next: NextFunction): void => {
    response.once('close', () => {
      const route = routeOf(request);
      const status = response.writableFinished ? String(response.statusCode) : 'aborted';
      metrics.httpRequests.inc({ method: request.method, route, status });
      metrics.httpDuration.observe(
        { method: request.method, route },
        (performance.now() - request.context.startedAt) / 1000,
      );
    });
    next();
  };
