import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Queue } from 'bullmq';
import { type RequestHandler, Router } from 'express';
import { Settings } from '../platform/config/settings.js';
import { OperatorServer } from '../platform/health/operator-server.js';
import { Log } from '../platform/logging/log.js';
import { DEAD_LETTER_QUEUE } from '../platform/queue/dead-letter-queue.js';
import { DELIVERY_QUEUE, queuePrefix } from '../platform/queue/delivery-queue.js';
import { RedisConnections } from '../platform/redis/redis-connections.js';

const PATH = '/queues';

/** The pages load nothing but their own files; they write styles into themselves. `base-uri`: they name their folder. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Of everything the pages can change, retries alone: jobs are views of rows in Postgres, which nobody changes here. */
const RETRY = /^\/api\/queues\/[^/]+\/(?:retry\/failed|[^/]+\/retry(?:\/failed)?)$/;

/**
 * The operator's pages of the queues, bull-board, under `/queues`: what waits for its departure (only to look at), and
 * webhook deliveries that were given up, to replay one or all. Only with OPERATOR_PASSWORD, because they change things.
 */
@Injectable()
export class QueuePages implements OnModuleInit, OnModuleDestroy {
  private readonly queues: Queue[] = [];
  private board: Promise<RequestHandler> | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly operator: OperatorServer,
    private readonly redis: RedisConnections,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    const router = Router();
    router.use(needsPassword(this.settings.OPERATOR_PASSWORD), onlyRetries, async (request, response, next) => {
      response.set('Content-Security-Policy', POLICY).set('Cache-Control', 'no-store');
      (await this.opened())(request, response, next);
    });
    this.operator.mount(PATH, router);
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.queues.map((queue) => queue.close()));
  }

  /** bull-board and its connections, when somebody looks for the first time: no start waits for them. */
  private opened(): Promise<RequestHandler> {
    this.board ??= this.open().catch((error: unknown) => {
      this.board = undefined;
      throw error;
    });
    return this.board;
  }

  private async open(): Promise<RequestHandler> {
    const [{ createBullBoard }, { BullMQAdapter }, { ExpressAdapter }] = await Promise.all([
      import('@bull-board/api'),
      import('@bull-board/api/bullMQAdapter'),
      import('@bull-board/express'),
    ]);
    const pages = new ExpressAdapter().setBasePath(PATH);
    createBullBoard({
      queues: [
        new BullMQAdapter(this.queue(DELIVERY_QUEUE), {
          readOnlyMode: true,
          description: 'Messages that leave within the next moments. What waits longer is in Postgres.',
        }),
        new BullMQAdapter(this.queue(DEAD_LETTER_QUEUE), {
          description: 'Webhook deliveries that were given up. A retry delivers the same event again.',
        }),
      ],
      serverAdapter: pages,
      options: { uiConfig: { boardTitle: 'Queues', hideDocsLink: true, hideRedisDetails: true } },
    });
    return pages.getRouter() as RequestHandler;
  }

  private queue(name: string): Queue {
    const queue = new Queue(name, {
      connection: this.redis.openProducer(`queue-pages-${name}`),
      prefix: queuePrefix(this.settings),
    });
    queue.on('error', (error) => this.log.debug({ err: error, queue: name }, 'queue pages'));
    this.queues.push(queue);
    return queue;
  }
}

const needsPassword =
  (password: string | undefined): RequestHandler =>
  (_request, response, next) => {
    if (password !== undefined) {
      next();
      return;
    }
    response.status(403).json({ status: 'forbidden', reason: 'The queue pages need OPERATOR_PASSWORD to be set.' });
  };

/** A browser sends the password along with what any other site makes it send; `Sec-Fetch-Site` tells which site it was. */
const onlyRetries: RequestHandler = (request, response, next) => {
  const reads = request.method === 'GET' || request.method === 'HEAD';
  const site = request.get('sec-fetch-site') ?? 'none';
  if (reads || (request.method === 'PUT' && RETRY.test(request.path) && ['same-origin', 'none'].includes(site))) {
    next();
    return;
  }
  response.status(403).json({ status: 'forbidden', reason: 'Only retries are possible here.' });
};
