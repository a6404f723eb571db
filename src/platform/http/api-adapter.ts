import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type Response } from 'express';
import { SuccessEnvelope } from './envelope.js';
import { writeJson } from './write-json.js';

/**
 * Nest on Express, writing the envelope itself: the status is the reply's own (Nest would answer 201 to every POST), and
 * JSON goes out without Express' detours (ETag, content negotiation).
 */
export class ApiAdapter extends ExpressAdapter {
  /** @param trustedProxies how many reverse proxies' X-Forwarded-For is believed */
  constructor(trustedProxies: number) {
    const app = express();
    app.disable('x-powered-by');
    app.disable('etag');
    app.set('trust proxy', trustedProxies);
    app.set('query parser', 'extended');
    super(app);
  }

  override reply(response: Response, body: unknown, statusCode?: number): unknown {
    if (!(body instanceof SuccessEnvelope)) return super.reply(response, body, statusCode);
    return writeJson(response, body.status, body.body, body.headers);
  }
}
