import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Log } from '../../platform/logging/log.js';
import { Loop } from '../../platform/loop/loop.js';
import { type InboundMedia, InboundMediaStore } from './inbound-media-store.js';
import { MediaFetch } from './media-fetch.js';

/** Files that one process fetches at once, of all tenants and of one: nobody's slow files take all places. */
const CONCURRENCY = 12;
const PER_TENANT = 4;
/** How often a worker with a free place looks for files, milliseconds. */
const LOOK_EVERY_MS = 250;
/** A worker that died keeps its files from the others for this long, seconds; one that lives renews in time. */
const LEASE_S = 60;
const RENEW_EVERY_MS = 20_000;
const AFTER_FAILURE_MS = 1000;

/**
 * Fetches what customers sent, in every worker, as soon as their messages are stored. What a worker has in hand when it
 * stops is given back at once; what it had when it died comes back when its lease ends.
 */
@Injectable()
export class InboundMediaWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly working = new Map<number, { file: InboundMedia; done: Promise<void> }>();
  private readonly loop: Loop;
  private renewedAt = performance.now();

  constructor(
    private readonly files: InboundMediaStore,
    private readonly mediaFetch: MediaFetch,
    private readonly log: Log,
  ) {
    this.loop = new Loop(
      {
        run: (stopping) => this.round(stopping),
        afterFailureMs: AFTER_FAILURE_MS,
        failed: "customers' files are not fetched for the moment",
      },
      log,
    );
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
    await Promise.all([...this.working.values()].map(({ done }) => done));
  }

  private async round(stopping: AbortSignal): Promise<number> {
    const files = [...this.working.values()].map(({ file }) => file);
    if (files.length > 0 && performance.now() - this.renewedAt >= RENEW_EVERY_MS) {
      await this.files.renew(files, LEASE_S);
      this.renewedAt = performance.now();
    }
    const free = CONCURRENCY - files.length;
    if (free <= 0) return LOOK_EVERY_MS;
    const busy = files.map((file) => file.tenant_id);
    const claimed = await this.files.claim(free, PER_TENANT, busy, LEASE_S);
    if (files.length === 0) this.renewedAt = performance.now();
    for (const file of claimed) {
      const done = this.work(file, stopping).finally(() => this.working.delete(file.message_id));
      this.working.set(file.message_id, { file, done });
    }
    return LOOK_EVERY_MS;
  }

  /** Never rejects: what could not be ended is due again after its lease. */
  private async work(file: InboundMedia, stopping: AbortSignal): Promise<void> {
    try {
      await this.mediaFetch.fetch(file, stopping);
    } catch (error) {
      const fields = { message_id: file.message_id, tenant_id: file.tenant_id };
      this.log.warn({ err: error, ...fields }, "a customer's file could not be stored; it is tried again");
    }
  }
}
