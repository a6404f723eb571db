import type { NextFunction, Request, Response } from 'express';
import { ApiError } from './api-error.js';
import { errorEnvelope } from './envelope.js';
import { writeJson } from './write-json.js';

/** How patient the server is with a body, milliseconds. */
export interface Patience {
  /** Longest silence within a body. */
  readonly stallMs: number;
  /** How long a caller that was answered early (401, 413) may go on sending, so that it reads the answer. */
  readonly lingerMs: number;
}

/** As nginx' client_body_timeout (60 s) and lingering_time (30 s), somewhat stricter. */
export const PATIENCE: Patience = { stallMs: 30_000, lingerMs: 10_000 };

/**
 * Ends requests whose body stops coming (408 in the envelope), and connections that go on sending a body long after
 * they were answered. A slow line is no fault: any progress is enough, up to the server's requestTimeout.
 */
export const slowSenders =
  (patience: Patience) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const { socket } = request;
    if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) {
      next();
      return;
    }
    request.setTimeout(patience.stallMs, () => {
      if (request.complete) return;
      if (response.headersSent) {
        socket.destroy();
        return;
      }
      const error = new ApiError(408, 'BAD_REQUEST', 'The body came too slowly');
      // Node closes the connection after this answer; whoever reads the body then sees it break off.
      writeJson(response, error.status, errorEnvelope(error, request.context.requestId), { Connection: 'close' });
    });
    // Silence after the body is ours: a send may wait for WhatsApp. A body that nobody read ends after the answer; the
    // timer is Node's own for the idle connection (keepAliveTimeout) by then.
    request.once('end', () => {
      if (!response.writableFinished) socket.setTimeout(0);
    });
    response.once('finish', () => {
      if (request.complete) return;
      const timer = setTimeout(() => socket.destroy(), patience.lingerMs).unref();
      // At the end of the body, or of the connection.
      request.once('close', () => clearTimeout(timer));
    });
    next();
  };
