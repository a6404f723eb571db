import { createServer, type RequestListener } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type Response } from 'express';
import { answerConnectionErrors } from './connection-errors.js';
import { SuccessEnvelope } from './envelope.js';
import { OpenRequests } from './open-requests.js';
import { SERVER_LIMITS } from './server-limits.js';
import { writeJson } from './write-json.js';

/**
 * Nest on Express, with the envelope and the server's limits: the status is the reply's own (Nest would answer 201 to
 * every POST), and JSON goes out without Express' detours (ETag, content negotiation).
 */
export class ApiAdapter extends ExpressAdapter {
  readonly openRequests = new OpenRequests();

  /** @param trustedProxies how many reverse proxies' X-Forwarded-For is believed */
  constructor(trustedProxies: number) {
    const app = express();
    app.disable('x-powered-by');
    app.disable('etag');
    app.set('trust proxy', trustedProxies);
    app.set('query parser', 'extended');
    super(app);
  }

  override initHttpServer(): void {
    const handler: RequestListener = this.getInstance();
    const server = createServer(SERVER_LIMITS, handler);
    answerConnectionErrors(server, this.openRequests);
    this.httpServer = server;
  }

  override reply(response: Response, body: unknown, statusCode?: number): unknown {
    if (!(body instanceof SuccessEnvelope)) return super.reply(response, body, statusCode);
    return writeJson(response, body.status, body.body, body.headers);
  }
}
