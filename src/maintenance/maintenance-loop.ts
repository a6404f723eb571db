import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Postgres } from '../platform/database/postgres.js';
import { Log } from '../platform/logging/log.js';
import { Loop } from '../platform/loop/loop.js';
import { Maintenance } from './maintenance.js';
import { ensurePartitions } from './partitions/partition.js';

/** How often a worker asks whether the daily job is due: one row read by its key. */
const LOOK_MS = 60_000;
/** Workers that start together do not all begin with this. */
const FIRST_LOOK_MS = 2000;

/**
 * Makes sure in every worker that the daily job runs. Partitions ahead are made at the start of each worker, too, due
 * or not: after a long stop the present day's must not be missing for long.
 */
@Injectable()
export class MaintenanceLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: Loop;
  private partitionsMade = false;

  constructor(
    private readonly maintenance: Maintenance,
    private readonly postgres: Postgres,
    private readonly log: Log,
  ) {
    this.loop = new Loop(
      {
        run: (stopping) => this.look(stopping),
        firstPauseMs: FIRST_LOOK_MS * Math.random(),
        afterFailureMs: LOOK_MS,
        failed: 'the daily job could not be run; it is tried again',
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

  private async look(signal: AbortSignal): Promise<number> {
    if (!this.partitionsMade) {
      await ensurePartitions(this.postgres);
      this.partitionsMade = true;
    }
    const report = await this.maintenance.run({ signal });
    if (report) this.log.info({ ...report }, 'the daily job has run');
    return LOOK_MS;
  }
}
