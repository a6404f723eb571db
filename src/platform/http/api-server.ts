import type { Server } from 'node:http';
import type { LoggerService, Type, DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { Settings } from '../config/settings.js';
import { Log } from '../logging/log.js';
import { Metrics } from '../metrics/metrics.js';
import { ApiAdapter } from './api-adapter.js';
import { baseUrl } from './base-url.js';
import { requestContext } from './request-context.middleware.js';
import { requestLog, requestMetrics } from './request-log.js';
import { PATIENCE, slowSenders } from './slow-senders.js';

/** A JSON answer that a browser takes for a page may load and run nothing. Pages (/docs) set their own policy. */
const NOTHING_BUT_DATA = { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } };

/** How often connections that have become idle are closed while the server stops. */
const CLOSE_IDLE_EVERY_MS = 50;

/** The public HTTP server: made from a root module, it listens, and stops without cutting an answer short. */
export class ApiServer {
  private constructor(
    readonly app: NestExpressApplication,
    private readonly adapter: ApiAdapter,
    private readonly log: Log,
  ) {}

  /** Makes the application, middleware in its order; nothing listens yet. */
  static async create(
    module: Type | DynamicModule,
    settings: Settings,
    logger: LoggerService,
    patience = PATIENCE,
  ): Promise<ApiServer> {
    const adapter = new ApiAdapter(settings.TRUSTED_PROXIES);
    const app = await NestFactory.create<NestExpressApplication>(module, adapter, {
      logger,
      bodyParser: false,
      abortOnError: false,
    });
    const log = app.get(Log, { strict: false });
    app.use(requestContext(adapter.openRequests));
    app.use(requestLog(log));
    app.use(requestMetrics(app.get(Metrics, { strict: false })));
    app.use(slowSenders(patience));
    app.use(helmet({ contentSecurityPolicy: NOTHING_BUT_DATA }));
    await app.init();
    return new ApiServer(app, adapter, log);
  }

  /** @returns the address it listens on; `port` 0 takes any free one */
  async listen(port: number, host: string): Promise<string> {
    await this.app.listen(port, host);
    return baseUrl(this.server);
  }

  /**
   * Accepts no new connection, waits until every request under way is answered, and tells their callers that the
   * connection ends.
   * @returns false when some were still open after `timeoutMs`; their connections are cut then
   */
  async drain(timeoutMs: number): Promise<boolean> {
    this.adapter.openRequests.closeConnections();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    const idle = setInterval(() => this.server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
    let deadline: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      deadline = setTimeout(() => resolve('late'), timeoutMs);
    });
    const outcome = await Promise.race([closed, late]);
    clearInterval(idle);
    clearTimeout(deadline);
    if (outcome !== 'late') return true;
    this.log.warn({ open_requests: this.adapter.openRequests.count }, 'requests were cut off by the shutdown');
    this.server.closeAllConnections();
    return false;
  }

  private get server(): Server {
    return this.app.getHttpServer();
  }
}
