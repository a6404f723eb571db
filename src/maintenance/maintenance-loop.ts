import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Postgres } from '../platform/database/postgres.js';
import { Log } from '../platform/logging/log.js';
import { Maintenance } from './maintenance.js';

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
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private partitionsMade = false;

  constructor(
    private readonly maintenance: Maintenance,
    private readonly postgres: Postgres,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.loop();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopping;
    let wait = FIRST_LOOK_MS * Math.random();
    while (await waited(wait, signal)) {
      try {
        await this.look(signal);
      } catch (error) {
        this.log.warn({ err: error }, 'the daily job could not be run; it is tried again');
      }
      wait = LOOK_MS;
    }
  }

  private async look(signal: AbortSignal): Promise<void> {
    if (!this.partitionsMade) {
      await this.postgres.query('maintenance_ensure_partitions', 'SELECT ensure_partitions()');
      this.partitionsMade = true;
    }
    const report = await this.maintenance.run({ signal });
    if (report) this.log.info({ ...report }, 'the daily job has run');
  }
}

/** Waits; answers false, and at once, when the process stops. */
async function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await pause(ms, undefined, { signal, ref: false });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return !signal.aborted;
}
