import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Log } from '../../platform/logging/log.js';
import { Loop } from '../../platform/loop/loop.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import { DeliveryStore } from './delivery-store.js';

const EVERY_MS = 60_000;
const AT_ONCE = 500;
/** Between steps: deliveries are in a hurry, this is not. */
const REST_MS = 100;

/**
 * Ends the deliveries that nobody will make: to endpoints that are deleted, and those that have waited for three days at
 * one that is disabled, or whose tenant is suspended.
 */
@Injectable()
export class Abandonment implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: Loop;

  constructor(
    private readonly store: DeliveryStore,
    private readonly metrics: Metrics,
    log: Log,
  ) {
    this.loop = new Loop(
      {
        run: () => this.step(),
        firstPauseMs: EVERY_MS * Math.random(),
        afterFailureMs: EVERY_MS,
        failed: 'old deliveries of webhooks are not ended for the moment',
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

  private async step(): Promise<number> {
    const ended = await this.store.abandon(AT_ONCE);
    this.metrics.outgoingWebhooks.deadLetters.inc(ended);
    return ended < AT_ONCE ? EVERY_MS : REST_MS;
  }
}
