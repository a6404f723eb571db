import express, { Router, type ErrorRequestHandler, type RequestHandler } from 'express';
import { readToken } from './authorize.js';
import type { GraphContext } from './graph-context.js';
import { GraphError, objectNotFound } from './graph-error.js';
import { mediaRoutes } from './media-routes.js';
import { nodeRoutes } from './node-routes.js';
import { templateRoutes } from './template-routes.js';

/** All Graph calls but sending, below any version. */
export function graphApp(context: GraphContext): Router {
  const router = Router({ mergeParams: true });
  router.use(record(context));
  router.use(mediaRoutes(context));
  router.use(express.json({ limit: '1mb' }), express.urlencoded({ extended: false, limit: '1mb' }));
  router.use(nodeRoutes(context));
  router.use(templateRoutes(context));
  router.use((request) => {
    readToken(context.world, request);
    const [id = ''] = request.path.split('/').filter((part) => part !== '');
    throw objectNotFound(id, request.method);
  });
  router.use(answerError);
  return router;
}

/** Every call is written down when its answer is out. */
function record(context: GraphContext): RequestHandler {
  return (request, response, next) => {
    const id = /^\/(\d+)/.exec(request.path)?.[1] ?? '';
    const number = context.world.numbers.get(id) ?? null;
    const entry = context.recorder.begin(request, number, null);
    response.on('close', () => {
      const complete = response.writableFinished;
      const refused = response.statusCode >= 400;
      const outcome = complete ? (refused ? 'rejected' : 'answered') : 'dropped';
      const code: unknown = response.locals['graphErrorCode'];
      context.recorder.finish(
        entry,
        outcome,
        complete ? response.statusCode : null,
        typeof code === 'number' ? code : null,
      );
    });
    next();
  };
}

/** Answers what was thrown as a Graph error. */
export const answerError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const graphError = toGraphError(error);
  response.locals['graphErrorCode'] = graphError.code;
  response.status(graphError.http).json(graphError.body());
};

function toGraphError(error: unknown): GraphError {
  if (error instanceof GraphError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const status: unknown = error instanceof Error ? Reflect.get(error, 'status') : undefined;
  return new GraphError(typeof status === 'number' && status < 500 ? 100 : 1, message);
}
