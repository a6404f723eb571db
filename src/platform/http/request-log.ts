import type { NextFunction, Request, Response } from 'express';
import { pinoHttp } from 'pino-http';
import type { Log } from '../logging/log.js';
import type { Metrics } from '../metrics/metrics.js';

/** The route's pattern (`/api/v2/messages/:id`), never the address itself: that may hold what is nobody's business. */
const routeOf = (request: Request): string => {
  const route: unknown = request.route;
  return typeof route === 'object' && route !== null && 'path' in route ? String(route.path) : 'unmatched';
};

const line = (request: Request, response: Response): object => ({
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
 * otherwise. No address, header or body: nothing secret can be in it.
 */
export const requestLog = (log: Log): ((request: Request, response: Response, next: NextFunction) => void) =>
  pinoHttp<Request, Response>({
    // The fields of the line are all named above, so there is nothing to redact; looking for it would cost more than
    // all the rest of the line.
    logger: log.pino.child({}, { redact: [] }),
    wrapSerializers: false,
    // pino-http makes a child logger with the request for each request; this keeps it empty.
    serializers: { req: () => undefined },
    quietReqLogger: true,
    quietResLogger: true,
    customAttributeKeys: { reqId: 'request_id' },
    genReqId: (request) => request.context.requestId,
    customLogLevel: (_request, response) => (response.statusCode >= 500 ? 'error' : 'info'),
    customSuccessObject: line,
    customErrorObject: line,
    customSuccessMessage: () => 'request',
    customErrorMessage: () => 'request',
  });

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
