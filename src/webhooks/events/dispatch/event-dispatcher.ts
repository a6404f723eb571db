import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../../../platform/config/settings.js';
import { Log } from '../../../platform/logging/log.js';
import { Loop } from '../../../platform/loop/loop.js';
import { EventDispatch } from './event-dispatch.js';

const AFTER_FAILURE_MS = 1000;

/** Dispatches events in every worker: at once while there are some, else it looks every EVENT_POLL_MS. */
@Injectable()
export class EventDispatcher implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: Loop;

  constructor(dispatch: EventDispatch, settings: Settings, log: Log) {
    this.loop = new Loop(
      {
        run: async () => ((await dispatch.batch())?.events ? 0 : settings.EVENT_POLL_MS),
        afterFailureMs: AFTER_FAILURE_MS,
        failed: 'events are not dispatched for the moment',
      },
      log,
    );
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }
}
