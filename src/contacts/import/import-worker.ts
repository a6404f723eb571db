import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Log } from '../../platform/logging/log.js';
import { Loop } from '../../platform/loop/loop.js';
import { ImportRun } from './import-run.js';
import { type ContactImport, ImportLeaseLostError, ImportStore, ImportSuspendedError } from './import-store.js';

/** Imports that one process works at, of different tenants. */
const CONCURRENCY = 2;
/** How often a worker with a free place looks for imports, milliseconds. */
const LOOK_EVERY_MS = 500;
/** A worker that died keeps its import from the others for this long, seconds; one that lives renews in time. */
const LEASE_S = 30;
const RENEW_EVERY_MS = 10_000;
const AFTER_FAILURE_MS = 1000;
/** How long an import waits after it could not go on: at first, and at most; seconds. */
const POSTPONE_S = 5;
const POSTPONE_MOST_S = 300;
/** Leases that may come to nothing, one after the other, before an import is given up: more than an hour. */
export const MOST_FAILURES = 20;

/**
 * Carries imports out, in every worker. What a worker has in hand when it stops is given back behind its last
 * transaction; what it had when it died is taken up there when its lease ends.
 */
@Injectable()
export class ImportWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly working = new Map<number, { one: ContactImport; done: Promise<void> }>();
  private readonly loop: Loop;
  private renewedAt = performance.now();

  constructor(
    private readonly imports: ImportStore,
    private readonly importRun: ImportRun,
    private readonly log: Log,
  ) {
    this.loop = new Loop(
      {
        run: (stopping) => this.round(stopping),
        afterFailureMs: AFTER_FAILURE_MS,
        failed: 'contacts are not imported for the moment',
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
    const held = [...this.working.values()].map(({ one }) => one);
    if (held.length > 0 && performance.now() - this.renewedAt >= RENEW_EVERY_MS) {
      await this.imports.renew(held, LEASE_S);
      this.renewedAt = performance.now();
    }
    if (held.length >= CONCURRENCY) return LOOK_EVERY_MS;
    const claimed = await this.imports.claim(CONCURRENCY - held.length, LEASE_S);
    if (held.length === 0) this.renewedAt = performance.now();
    for (const one of claimed) {
      const done = this.work(one, stopping).finally(() => {
        if (this.working.get(one.id)?.one === one) this.working.delete(one.id);
      });
      this.working.set(one.id, { one, done });
    }
    return LOOK_EVERY_MS;
  }

  /** Never rejects: what could not be ended is due again after its lease. */
  private async work(one: ContactImport, stopping: AbortSignal): Promise<void> {
    try {
      if (one.failures <= MOST_FAILURES) await this.importRun.run(one, stopping);
      else await this.imports.fail(one, 'INTERNAL_ERROR', 'The import could not go on. What it created stays.');
    } catch (error) {
      await this.interrupted(one, error);
    }
  }

  private async interrupted(one: ContactImport, error: unknown): Promise<void> {
    const fields = { import_id: one.id, tenant_id: one.tenant_id };
    if (error instanceof ImportLeaseLostError) {
      this.log.info(fields, 'an import of contacts is carried on by another worker');
      return;
    }
    try {
      if (error instanceof ImportSuspendedError) return await this.imports.giveBack(one);
      this.log.warn({ err: error, ...fields }, 'an import of contacts could not go on; it is tried again');
      await this.imports.postpone(one, POSTPONE_S, POSTPONE_MOST_S);
    } catch (failure) {
      this.log.warn({ err: failure, ...fields }, 'an import of contacts waits for the end of its lease');
    }
  }
}
