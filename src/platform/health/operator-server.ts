import { timingSafeEqual, hash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { Injectable } from '@nestjs/common';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { Settings } from '../config/settings.js';
import { baseUrl } from '../http/base-url.js';
import { Log } from '../logging/log.js';
import { Metrics } from '../metrics/metrics.js';
import { Health } from './health.js';

/** Makes a page of the query's parameters. */
export type RenderPage = (query: URLSearchParams) => Promise<{ contentType: string; body: string }>;

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');

/** `Basic` of RFC 7617 for the user `operator`; hashes have one length, so comparing takes the same time always. */
function isOperator(header: string | undefined, password: string): boolean {
  const given = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(header ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(Buffer.from(given, 'base64').toString()), digest(`operator:${password}`));
}

/**
 * The operator's own small server, apart from the public one: `/health/live` (the process runs), `/health/ready` (503
 * with what is down when it cannot do its work), `/metrics` (Prometheus), and what other parts add. With
 * OPERATOR_PASSWORD set, every page asks for it.
 */
@Injectable()
export class OperatorServer {
  private readonly added = express.Router();
  private readonly server: Server;

  constructor(
    private readonly settings: Settings,
    private readonly health: Health,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {
    this.server = createServer(this.pages());
  }

  /** Adds a page that is only read, behind the same password. What `render` throws is a 500, and logged. */
  addPage(path: string, render: RenderPage): void {
    this.added.get(path, async (request, response) => {
      const { contentType, body } = await render(new URL(request.originalUrl, 'http://operator').searchParams);
      response.setHeader('Content-Type', contentType);
      response.setHeader('Cache-Control', 'no-store');
      response.end(body);
    });
  }

  /** Adds pages that have an app of their own, behind the same password. */
  mount(path: string, pages: RequestHandler): void {
    this.added.use(path, pages);
  }

  /** @returns the address it listens on */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.settings.OPERATOR_PORT, this.settings.OPERATOR_HOST, () => {
        this.server.removeListener('error', reject);
        resolve();
      });
    });
    return baseUrl(this.server);
  }

  /** Ends the server; questions under way are cut off. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private pages(): express.Express {
    const app = express();
    app.disable('x-powered-by');
    app.use(helmet());
    app.use((request, response, next) => this.authenticate(request, response, next));
    app.get('/health/live', (_request, response) => {
      response.json({ status: 'live' });
    });
    app.get('/health/ready', async (_request, response) => {
      const report = await this.health.report();
      response.status(report.status === 'ready' || report.status === 'degraded' ? 200 : 503).json(report);
    });
    app.get('/metrics', async (_request, response) => {
      const { contentType, text } = await this.metrics.scrape();
      response.setHeader('Content-Type', contentType);
      response.end(text);
    });
    app.use(this.added);
    app.use((_request, response) => {
      response.status(404).json({ status: 'not_found' });
    });
    app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
      this.log.error({ err: error }, 'an operator page failed');
      response.status(500).json({ status: 'failed' });
    });
    return app;
  }

  private authenticate(request: Request, response: Response, next: NextFunction): void {
    const password = this.settings.OPERATOR_PASSWORD;
    if (password === undefined || isOperator(request.headers.authorization, password)) {
      next();
      return;
    }
    response.status(401).setHeader('WWW-Authenticate', 'Basic realm="operator", charset="UTF-8"');
    response.json({ status: 'unauthorized' });
  }
}
