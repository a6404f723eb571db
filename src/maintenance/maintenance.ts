import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Settings } from '../platform/config/settings.js';
import { isContention } from '../platform/database/database-errors.js';
import { Postgres } from '../platform/database/postgres.js';
import { Log } from '../platform/logging/log.js';
import { LeaseLostError, MaintenanceLease } from './maintenance-lease.js';
import { oldDeliveryPartitions, oldEventPartitions } from './partitions/old-event-partitions.js';
import {
  oldAttemptPartitions,
  oldAuditPartitions,
  oldInboxPartitions,
  type OldPartitions,
} from './partitions/old-partitions.js';
import { dropPartition, ensurePartitions, type PartitionedTable } from './partitions/partition.js';
import { deleteOldMessages, retentions, type Retention } from './rows/message-retention.js';
import { deleteStrayDeliveries, deleteStrayEvents, deleteUntoldChanges } from './rows/old-events.js';
import {
  type AttemptCursor,
  clearOldStoreBodies,
  deleteOldCodes,
  deleteOldIdempotencyKeys,
  deleteOldImports,
  deleteOldMediaIds,
  deleteOldStorePayloads,
  deleteStrayAttempts,
  deleteStrayAudit,
  deleteStrayWebhooks,
} from './rows/old-rows.js';

const ROWS_PER_STEP = 500;
/** Between steps: sending is in a hurry, this is not. */
const PAUSE_MS = 50;
/** Each try stops the table for at most 50 ms; between two of them whatever waited has long gone on. */
const DROP_TRIES = 5;
const DROP_PAUSE_MS = 1000;

/** What one run did. */
export interface MaintenanceReport {
  /** Partitions that were dropped. */
  dropped: string[];
  /** Old partitions that stay while something in them waits for its end. */
  kept: string[];
  /** Partitions that could not be dropped because somebody used their table all the time, and steps that failed. */
  left: string[];
  messages: number;
  webhooks: number;
  attempts: number;
  mediaIds: number;
  idempotencyKeys: number;
  auditEntries: number;
  events: number;
  eventDeliveries: number;
  /** Rows of the outbox that never became events. */
  untoldChanges: number;
  imports: number;
  oneTimeCodes: number;
  storePayloads: number;
  /** Of payloads that stay. */
  storeBodies: number;
}

type RowCounter = Exclude<keyof MaintenanceReport, 'dropped' | 'kept' | 'left'>;

/**
 * The daily job: makes the partitions of the coming days, drops those that are older than their retention, and deletes
 * rows that are too old, in small steps with pauses between them, each a transaction of its own. One run at a time over
 * all processes. Everything may be broken off and begun again at any point.
 */
@Injectable()
export class Maintenance {
  constructor(
    private readonly postgres: Postgres,
    private readonly settings: Settings,
    private readonly log: Log,
  ) {}

  /**
   * Runs the job when it is due (`force`: now) and nobody else does. A part that fails is named in the report, stops
   * none of the others, and is done again by the next run, after ten minutes.
   * @returns what was done; null when it is not due, or another process is at it
   * @throws LeaseLostError when the process stood still for so long that another took over
   */
  async run(options: { force?: boolean; signal?: AbortSignal } = {}): Promise<MaintenanceReport | null> {
    const { force = false, signal = new AbortController().signal } = options;
    const lease = await MaintenanceLease.take(this.postgres, this.settings.MAINTENANCE_HOUR, force);
    if (!lease) return null;
    const report: MaintenanceReport = {
      dropped: [],
      kept: [],
      left: [],
      messages: 0,
      webhooks: 0,
      attempts: 0,
      mediaIds: 0,
      idempotencyKeys: 0,
      auditEntries: 0,
      events: 0,
      eventDeliveries: 0,
      untoldChanges: 0,
      imports: 0,
      oneTimeCodes: 0,
      storePayloads: 0,
      storeBodies: 0,
    };
    await new Run(this.postgres, this.settings, this.log, lease, report, signal).all();
    await lease.end(signal.aborted ? 'stopped' : report.left.length > 0 ? 'incomplete' : 'done');
    return report;
  }
}

class Run {
  constructor(
    private readonly postgres: Postgres,
    private readonly settings: Settings,
    private readonly log: Log,
    private readonly lease: MaintenanceLease,
    private readonly report: MaintenanceReport,
    private readonly signal: AbortSignal,
  ) {}

  async all(): Promise<void> {
    const { INBOX_RETENTION_DAYS, ATTEMPTS_RETENTION_DAYS, AUDIT_RETENTION_DAYS, EVENT_RETENTION_DAYS } = this.settings;
    const sql = this.postgres;
    const rows = ROWS_PER_STEP;
    await this.part('partitions ahead', () => ensurePartitions(sql));
    await this.part('messages', () => this.deleteMessages());
    await this.part('webhook_inbox', async () => {
      await this.drop('webhook_inbox', await oldInboxPartitions(sql, INBOX_RETENTION_DAYS));
    });
    await this.part('attempts', async () => {
      await this.drop('attempts', await oldAttemptPartitions(sql, ATTEMPTS_RETENTION_DAYS));
    });
    await this.part('audit', async () => {
      await this.drop('audit', await oldAuditPartitions(sql, AUDIT_RETENTION_DAYS));
    });
    await this.part('webhook_deliveries', async () => {
      await this.drop('webhook_deliveries', await oldDeliveryPartitions(sql, EVENT_RETENTION_DAYS));
    });
    await this.part('events', async () => {
      await this.drop('events', await oldEventPartitions(sql, EVENT_RETENTION_DAYS));
    });
    await this.part('webhook_inbox_default', () =>
      this.delete('webhooks', () => deleteStrayWebhooks(sql, INBOX_RETENTION_DAYS, rows)),
    );
    await this.part('attempts_default', () => this.deleteAttempts(ATTEMPTS_RETENTION_DAYS));
    await this.part('audit_default', () =>
      this.delete('auditEntries', () => deleteStrayAudit(sql, AUDIT_RETENTION_DAYS, rows)),
    );
    await this.part('webhook_deliveries_default', () =>
      this.delete('eventDeliveries', () => deleteStrayDeliveries(sql, EVENT_RETENTION_DAYS, rows)),
    );
    await this.part('events_default', () =>
      this.delete('events', () => deleteStrayEvents(sql, EVENT_RETENTION_DAYS, rows)),
    );
    await this.part('event_outbox', () => this.deleteUntold(EVENT_RETENTION_DAYS));
    await this.part('whatsapp_media_ids', () => this.delete('mediaIds', () => deleteOldMediaIds(sql, rows)));
    await this.part('idempotency_keys', () =>
      this.delete('idempotencyKeys', () => deleteOldIdempotencyKeys(sql, rows)),
    );
    await this.part('contact_imports', () => this.delete('imports', () => deleteOldImports(sql, rows)));
    await this.part('one_time_codes', () => this.deleteCodes());
    await this.part('store_payloads', () => this.deleteStorePayloads());
    await this.part('store_bodies', () => this.delete('storeBodies', () => clearOldStoreBodies(sql, rows)));
  }

  private async part(name: string, work: () => Promise<void>): Promise<void> {
    if (this.signal.aborted) return;
    await this.lease.renew();
    try {
      await work();
    } catch (error) {
      if (error instanceof LeaseLostError) throw error;
      this.report.left.push(name);
      this.log.warn({ err: error, part: name }, 'a part of the daily job failed; the next run does it again');
    }
  }

  /** One step of each tenant in turn, so that one with a million old messages does not keep the others waiting. */
  private async deleteMessages(): Promise<void> {
    let turn = (await retentions(this.postgres)).map((retention) => ({ retention, afterId: 0 }));
    while (turn.length > 0 && !this.signal.aborted) {
      const next: typeof turn = [];
      for (const { retention, afterId } of turn) {
        if (this.signal.aborted) return;
        const nextAfterId = await this.messageStep(retention, afterId);
        if (nextAfterId !== null) next.push({ retention, afterId: nextAfterId });
      }
      turn = next;
    }
  }

  private async messageStep(retention: Retention, afterId: number): Promise<number | null> {
    await this.lease.renew();
    const step = await deleteOldMessages(this.postgres, retention, afterId, ROWS_PER_STEP);
    this.report.messages += step.deleted;
    if (step.deleted > 0) await this.rest(PAUSE_MS);
    return step.nextAfterId;
  }

  private async drop(table: PartitionedTable, { droppable, kept }: OldPartitions): Promise<void> {
    this.report.kept.push(...kept);
    if (kept.length > 0) this.log.warn({ partitions: kept }, 'old partitions hold something that waits for its end');
    for (const name of droppable) {
      if (this.signal.aborted) return;
      await this.lease.renew();
      if (await this.dropOne(table, name)) this.report.dropped.push(name);
      else {
        // Whoever stands in the way stands before the others, too.
        this.report.left.push(name);
        return;
      }
    }
  }

  private async dropOne(table: PartitionedTable, name: string): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await dropPartition(this.postgres, table, name);
        return true;
      } catch (error) {
        if (!isContention(error)) throw error;
        if (attempt === DROP_TRIES || this.signal.aborted) {
          this.log.warn({ err: error, partition: name }, 'a partition is in use all the time; it is dropped later');
          return false;
        }
        await this.rest(DROP_PAUSE_MS);
      }
    }
  }

  private async deleteAttempts(days: number): Promise<void> {
    let cursor: AttemptCursor = { messageId: 0, attemptNo: 0 };
    await this.steps(async () => {
      const { deleted, next } = await deleteStrayAttempts(this.postgres, days, cursor, ROWS_PER_STEP);
      this.report.attempts += deleted;
      cursor = next ?? cursor;
      return next !== null;
    });
  }

  /** Steps of ROWS_PER_STEP rows, until one finds fewer. */
  private async delete(counter: RowCounter, step: () => Promise<number>): Promise<void> {
    await this.steps(async () => {
      const deleted = await step();
      this.report[counter] += deleted;
      return deleted === ROWS_PER_STEP;
    });
  }

  /** Changes that could not be made events in all that time. Each try of one is logged, and so is its end. */
  private async deleteUntold(days: number): Promise<void> {
    await this.delete('untoldChanges', () => deleteUntoldChanges(this.postgres, days, ROWS_PER_STEP));
    const { untoldChanges } = this.report;
    if (untoldChanges > 0)
      this.log.error({ changes: untoldChanges }, 'changes were given up that could not be told of');
  }

  private async deleteCodes(): Promise<void> {
    await this.steps(async () => {
      const { codes, limits } = await deleteOldCodes(this.postgres, ROWS_PER_STEP);
      this.report.oneTimeCodes += codes;
      return codes === ROWS_PER_STEP || limits === ROWS_PER_STEP;
    });
  }

  private async deleteStorePayloads(): Promise<void> {
    await this.steps(async () => {
      const { payloads, once } = await deleteOldStorePayloads(this.postgres, ROWS_PER_STEP);
      this.report.storePayloads += payloads;
      return payloads === ROWS_PER_STEP || once === ROWS_PER_STEP;
    });
  }

  private async steps(step: () => Promise<boolean>): Promise<void> {
    while (!this.signal.aborted) {
      await this.lease.renew();
      if (!(await step())) return;
      await this.rest(PAUSE_MS);
    }
  }

  private async rest(ms: number): Promise<void> {
    try {
      await pause(ms, undefined, { signal: this.signal });
    } catch (error) {
      if (!this.signal.aborted) throw error;
    }
  }
}
