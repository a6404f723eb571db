import { Injectable } from '@nestjs/common';
import { MediaLinks } from '../../../media/media-links.js';
import { Settings } from '../../../platform/config/settings.js';
import { Postgres, type SqlRunner } from '../../../platform/database/postgres.js';
import { Log } from '../../../platform/logging/log.js';
import { Metrics } from '../../../platform/metrics/metrics.js';
import { UnreadableFactsError } from '../rendering/facts.js';
import { renderEvent, type RenderedEvent } from '../rendering/render-event.js';
import { Surroundings } from '../rendering/surroundings.js';
import { hasWork, nextRows, type OutboxRow, putAside, rowsToRetry } from './outbox-row.js';
import { storeEvents } from './store-events.js';

/** Rows in one transaction, of all tenants together; a row of a big template is some kilobytes. */
export const BATCH_ROWS = 500;
/** Tenants that have a turn in one transaction. */
const BATCH_TENANTS = 50;
/** Of what stood aside, in one transaction. */
const RETRY_ROWS = 50;

/** What one transaction did. */
export interface DispatchedBatch {
  readonly events: number;
  /** Rows that could not be made events, and stand aside. */
  readonly failed: number;
}

const NOTHING: DispatchedBatch = { events: 0, failed: 0 };

/**
 * Makes events of what changes left in the outbox, and a delivery of each event for each endpoint that asked for it. One
 * process does so at a time, so that deliveries are in order.
 */
@Injectable()
export class EventDispatch {
  /** The tenant that had the last turn; each process has its own round. */
  private lastTenant = 0;

  constructor(
    private readonly postgres: Postgres,
    private readonly settings: Settings,
    private readonly links: MediaLinks,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /**
   * One batch in one transaction: all of it is done, or nothing.
   * @returns null when there is nothing to do, or another process is at it
   */
  async batch(): Promise<DispatchedBatch | null> {
    if (!(await hasWork(this.postgres))) return null;
    const done = await this.postgres.transaction(async (sql) => {
      const [lock] = await sql.query<{ taken: boolean }>(
        'events_lock',
        `SELECT pg_try_advisory_xact_lock(hashtext('event_dispatch')) AS taken`,
      );
      return lock?.taken ? this.dispatch(sql, await this.rows(sql)) : null;
    });
    if (done) this.metrics.events.dispatched.inc(done.events);
    return done;
  }

  /** The next tenants' rows, and what stood aside long enough, in order of their ids. */
  private async rows(sql: SqlRunner): Promise<OutboxRow[]> {
    let rows = await nextRows(sql, this.lastTenant, BATCH_TENANTS, BATCH_ROWS);
    if (rows.length === 0 && this.lastTenant > 0) rows = await nextRows(sql, 0, BATCH_TENANTS, BATCH_ROWS);
    this.lastTenant = Math.max(0, ...rows.map(({ tenantId }) => tenantId));
    return [...rows, ...(await rowsToRetry(sql, RETRY_ROWS))].sort((a, b) => a.id - b.id);
  }

  private async dispatch(sql: SqlRunner, rows: readonly OutboxRow[]): Promise<DispatchedBatch> {
    if (rows.length === 0) return NOTHING;
    const around = await Surroundings.of(sql, rows);
    const events: RenderedEvent[] = [];
    const failed: number[] = [];
    const ofNobody: number[] = [];
    for (const row of rows) {
      const tenant = around.tenant(row.tenantId);
      if (!tenant) {
        ofNobody.push(row.id);
        continue;
      }
      try {
        events.push(renderEvent(row, { tenant, environment: this.settings.NODE_ENV }, around, this.links));
      } catch (error) {
        failed.push(row.id);
        this.tell(row, error);
      }
    }
    await storeEvents(sql, events);
    await putAside(sql, failed);
    await forget(sql, ofNobody);
    return { events: events.length, failed: failed.length };
  }

  /** Whatever is wrong with one row is not the others' business. */
  private tell(row: OutboxRow, error: unknown): void {
    const { id, tenantId, type, resourceId, failures } = row;
    this.metrics.events.failures.inc();
    this.log.error(
      { err: error, outbox_id: id, tenant_id: tenantId, type, resource_id: resourceId, failures: failures + 1 },
      error instanceof UnreadableFactsError
        ? 'a change cannot be told of as it stands in the outbox; it is tried again'
        : 'a change could not be made an event; it is tried again',
    );
  }
}

/** A tenant that was deleted has nobody who could be told. */
async function forget(sql: SqlRunner, ids: readonly number[]): Promise<void> {
  if (ids.length > 0) await sql.query('events_forget', 'DELETE FROM event_outbox WHERE id = ANY ($1::bigint[])', [ids]);
}
