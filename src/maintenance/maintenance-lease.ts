import { randomUUID } from 'node:crypto';
import type { SqlRunner } from '../platform/database/postgres.js';

/** Longer than any single step takes: a statement ends after 30 s. */
const LEASE_S = 120;
/** A run that had to leave something is made again after this. */
const RETRY_S = 600;

/** Another process runs the job now, because our lease had lapsed. */
export class LeaseLostError extends Error {}

/*
 * A day begins at $2 o'clock UTC. A run is due when none has finished since the last beginning, so days on which no
 * worker ran are made up by the next one: what is too old is judged by its age, not by the day.
 */
const TAKE = `
UPDATE daily_maintenance
   SET run_id = $1, leased_until = now() + make_interval(secs => ${LEASE_S}), started_at = now()
 WHERE coalesce(leased_until, '-infinity') <= now()
   AND ($3 OR (coalesce(next_try_at, '-infinity') <= now()
               AND coalesce(finished_at, '-infinity')
                   < date_trunc('day', now() - make_interval(hours => $2), 'UTC') + make_interval(hours => $2)))
RETURNING run_id`;

const RENEW = `
UPDATE daily_maintenance SET leased_until = now() + make_interval(secs => ${LEASE_S})
 WHERE run_id = $1 RETURNING run_id`;

const END = `
UPDATE daily_maintenance
   SET run_id = NULL, leased_until = NULL,
       finished_at = CASE WHEN $2 = 'done' THEN now() ELSE finished_at END,
       next_try_at = CASE WHEN $2 = 'incomplete' THEN now() + make_interval(secs => ${RETRY_S}) END
 WHERE run_id = $1`;

/** How a run ended; `stopped`: its process ends, and any other may go on at once. */
export type RunEnd = 'done' | 'incomplete' | 'stopped';

/** The right to run the daily job, for one process at a time. A process that dies gives it up when the lease lapses. */
export class MaintenanceLease {
  private constructor(
    private readonly sql: SqlRunner,
    private readonly runId: string,
  ) {}

  /**
   * Takes the lease when nobody holds it and a run is due (`force`: due or not).
   * @param hour the hour, UTC, at which the day of the job begins
   */
  static async take(sql: SqlRunner, hour: number, force: boolean): Promise<MaintenanceLease | null> {
    const runId = randomUUID();
    const taken = await sql.query('maintenance_take', TAKE, [runId, hour, force]);
    return taken.length > 0 ? new MaintenanceLease(sql, runId) : null;
  }

  /** To be called before each step. @throws LeaseLostError */
  async renew(): Promise<void> {
    const kept = await this.sql.query('maintenance_renew', RENEW, [this.runId]);
    if (kept.length === 0) throw new LeaseLostError('the lease of the daily job lapsed, and another process took it');
  }

  /** Gives the lease back. Does nothing when it is another's by now. */
  async end(how: RunEnd): Promise<void> {
    await this.sql.query('maintenance_end', END, [this.runId, how]);
  }
}
