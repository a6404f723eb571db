import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { controlApp } from './control/control-app.js';
import { answerError, graphApp } from './graph/graph-app.js';
import { downloadRoute } from './graph/media-routes.js';
import { AssetStore } from './media/asset-store.js';
import { LinkFetcher } from './media/link-fetcher.js';
import { MediaLibrary } from './media/media-library.js';
import { MessageDelivery } from './messages/delivery.js';
import { MessagesEndpoint } from './messages/messages-endpoint.js';
import { pageRoutes } from './page/page-routes.js';
import { RequestRecorder } from './record/request-recorder.js';
import { DEFAULT_SETTINGS, type SandboxSettings } from './settings.js';
import { World } from './world/world.js';

const SEND_PATH = /^\/v\d+\.\d+\/(\d+)\/messages(?:\?|$)/;
/** Clients close their idle connections earlier, so that no request meets a closing one. */
const KEEP_ALIVE_MS = 75_000;

export interface Sandbox {
  readonly url: string;
  readonly world: World;
  /** Ends connections and timers and removes temporary files. */
  close(): Promise<void>;
}

/** Starts a sandbox of its own; several may run in one process. */
export async function startSandbox(overrides: Partial<SandboxSettings> = {}): Promise<Sandbox> {
  const settings = { ...DEFAULT_SETTINGS, ...overrides };
  const world = new World(settings);
  const store = new AssetStore(settings.mediaBytes);
  const links = new LinkFetcher(store);
  const library = new MediaLibrary();
  const recorder = new RequestRecorder(world);
  const delivery = new MessageDelivery(world.journal, world.webhooks, links);
  const endpoint = new MessagesEndpoint(world, library, delivery, recorder);
  let url = '';

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(
    '/control',
    controlApp(world, store, library, () => url),
  );
  const graph = { world, store, library, recorder };
  app.get('/media-download/', downloadRoute(graph));
  app.use(pageRoutes(world));
  app.use(/^\/v\d+\.\d+/, graphApp(graph));
  app.use(graphApp(graph));
  app.use(answerError);

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const send = request.method === 'POST' ? SEND_PATH.exec(request.url ?? '')?.[1] : undefined;
    if (send !== undefined) void endpoint.handle(request, response, send);
    else app(request, response);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  try {
    url = await listen(server, settings);
  } catch (error) {
    world.stop();
    store.stop();
    throw error;
  }

  return {
    url,
    world,
    close: async () => {
      world.stop();
      links.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      store.stop();
    },
  };
}

function listen(server: Server, settings: SandboxSettings): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, settings.host, () => {
      server.off('error', reject);
      resolve(`http://${settings.host}:${portOf(server.address())}`);
    });
  });
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the sandbox listens on no TCP port');
  return address.port;
}
