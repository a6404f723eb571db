import { Global, Module, type ModuleMetadata, type Provider } from '@nestjs/common';
import { Clock } from '../../clock/clock.js';
import { Settings } from '../../config/settings.js';
import { Log } from '../../logging/log.js';
import { MetricsModule } from '../../metrics/metrics.module.js';
import { ApiServer } from '../api-server.js';
import { HttpModule } from '../http.module.js';
import { PATIENCE } from '../slow-senders.js';

/** Parts of the API under test; everything of the HTTP floor around them is real. */
export interface ApiParts extends Pick<ModuleMetadata, 'controllers' | 'imports'> {
  providers?: Provider[];
  patience?: typeof PATIENCE;
  log?: Log;
}

/** A listening API on a free port of loopback. */
export interface StartedApi {
  readonly server: ApiServer;
  readonly url: string;
  stop(): Promise<void>;
}

/** Settings for a specification: the defaults, silent. */
export function testSettings(): Settings {
  const settings = new Settings();
  settings.NODE_ENV = 'test';
  settings.LOG_LEVEL = 'silent';
  settings.ENCRYPTION_KEY = Buffer.alloc(32, 'test key').toString('base64');
  return settings;
}

/** Starts the floor with the given controllers, without Postgres or Redis. */
export async function startApi({
  controllers,
  imports = [],
  providers = [],
  patience,
  log,
}: ApiParts): Promise<StartedApi> {
  const settings = testSettings();

  @Global()
  @Module({
    imports: [MetricsModule],
    providers: [
      Clock,
      { provide: Settings, useValue: settings },
      { provide: Log, useValue: log ?? new Log(settings) },
      ...providers,
    ],
    exports: [Clock, Settings, Log, MetricsModule, ...providers],
  })
  class Ground {}

  @Module({ imports: [Ground, HttpModule, ...imports], controllers })
  class Root {}

  const server = await ApiServer.create(Root, settings, log ?? new Log(settings), patience ?? PATIENCE);
  const url = await server.listen(0, '127.0.0.1');
  return {
    server,
    url,
    stop: async () => {
      await server.drain(1000);
      await server.app.close();
    },
  };
}
