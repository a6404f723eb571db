import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import express, { Router, type ErrorRequestHandler } from 'express';
import { GraphError } from '../graph/graph-error.js';
import type { AssetStore } from '../media/asset-store.js';
import type { MediaLibrary } from '../media/media-library.js';
import type { World } from '../world/world.js';
import { accountRoutes } from './account-routes.js';
import { ControlError } from './control-params.js';
import { customerRoutes } from './customer-routes.js';
import { faultRoutes } from './fault-routes.js';
import { InboundContents } from './inbound-content.js';
import { inboundRoutes } from './inbound-routes.js';
import { recordRoutes } from './record-routes.js';
import { templateControlRoutes } from './template-routes.js';
import { waitRoutes } from './wait-routes.js';
import { webhookRoutes } from './webhook-routes.js';

/** Pictures come in as base64 in JSON. */
const BODY_LIMIT = '20mb';
/** Only these are shown in the browser; everything else is a download. */
const SHOWN_MIME_TYPES = /^(image\/(jpeg|png|webp|gif)|video\/(mp4|3gpp)|audio\/[a-z0-9]+)$/;

/** The control API: everything a test needs that the Cloud API does not have. */
export function controlApp(world: World, store: AssetStore, library: MediaLibrary, url: () => string): Router {
  const router = Router();
  router.use(express.json({ limit: BODY_LIMIT }));
  router.use(accountRoutes(world, url));
  router.use(customerRoutes(world));
  router.use(faultRoutes(world));
  router.use(inboundRoutes(world, new InboundContents(store, library)));
  router.use(templateControlRoutes(world));
  router.use(webhookRoutes(world));
  router.use(recordRoutes(world));
  router.use(waitRoutes(world));

  router.get('/assets/:sha256', async (request, response) => {
    const asset = store.find(request.params.sha256);
    if (asset === undefined) throw new ControlError('no such asset, or it was let go', 404);
    const shown = SHOWN_MIME_TYPES.test(asset.mimeType);
    response.setHeader('content-type', shown ? asset.mimeType : 'application/octet-stream');
    response.setHeader('content-length', asset.size);
    response.setHeader('x-content-type-options', 'nosniff');
    if (!shown) response.setHeader('content-disposition', 'attachment');
    await pipeline(createReadStream(asset.path), response);
  });

  router.use((request) => {
    throw new ControlError(`no such call: ${request.method} /control${request.path}`, 404);
  });
  router.use(answerError);
  return router;
}

const answerError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const message = error instanceof Error ? error.message : String(error);
  response.status(statusOf(error)).json({ error: error instanceof GraphError ? error.details : message });
};

function statusOf(error: unknown): number {
  if (error instanceof ControlError) return error.status;
  if (error instanceof GraphError || error instanceof RangeError) return 400;
  const status: unknown = error instanceof Error ? Reflect.get(error, 'status') : undefined;
  return typeof status === 'number' ? status : 500;
}
