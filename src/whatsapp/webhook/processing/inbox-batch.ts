import { setTimeout as pause } from 'node:timers/promises';
import { isBadRow, isContention, isServerError } from '../../../platform/database/database-errors.js';
import type { Postgres, SqlRunner } from '../../../platform/database/postgres.js';
import { FAULTS_KEPT, type ItemFault } from '../body/items.js';
import { parseBody } from '../body/parse-body.js';
import { applyItems, type Effects } from './apply-items.js';
import { addLatest } from './heard-accounts.js';
import { ItemCounts, type InboxItem } from './inbox-item.js';
import { claimRows, claimRowsAgain, finishRows, type InboxKey, type InboxRow } from './inbox-rows.js';

/** How long a batch waits for a row that another transaction holds, milliseconds. */
const LOCK_TIMEOUT_MS = 500;
/** A batch that met contention is tried again as a whole this often, before it is taken apart. */
const WHOLE_TRIES = 3;
/**
 * After this many tries (half an hour, see `claimRows`) an item that never could be applied is given up, so that its
 * row does not stay for ever. Its body stays in the inbox.
 */
export const MAX_TRIES = 60;
const REASON_LENGTH = 200;

/** What became of one row of a batch. */
export interface RowReport {
  readonly row: InboxRow;
  /** Why it stays in the inbox: an item must be tried again. Null when it is done. */
  deferred: string | null;
  faultCount: number;
  /** The first few. */
  readonly faults: ItemFault[];
}

/** What a batch did; to be used after its commit. */
export interface BatchReport {
  readonly rows: readonly RowReport[];
  readonly effects: Effects;
  /** Why the batch could not be applied as a whole; null when it was. */
  readonly takenApart: string | null;
}

/**
 * One batch of raw webhooks: claimed, taken apart, applied and marked processed in ONE transaction. A crash at any
 * point leaves all of it undone, and doing it again does nothing twice. The usual batch is applied as a whole; when
 * that fails, the same rows are run once more in isolation, where a bad item costs only itself.
 *
 * @returns a report without rows when there is nothing to do
 * @throws when the database is away: nothing was done
 */
export async function runBatch(postgres: Postgres): Promise<BatchReport> {
  for (let tries = 1; ; tries += 1) {
    let keys: InboxKey[] = [];
    try {
      return await postgres.transaction(
        async (sql) => {
          const rows = await claimRows(sql);
          keys = rows.map(({ id, received_at }) => ({ id, received_at }));
          return new BatchRun(sql, rows).together();
        },
        { lockTimeoutMs: LOCK_TIMEOUT_MS },
      );
    } catch (error) {
      if (keys.length === 0) throw error;
      if (isContention(error) && tries < WHOLE_TRIES) {
        await pause(10 + Math.random() * 40 * tries);
        continue;
      }
      // If the connection was lost, this fails as well; and rows that were committed after all are not found again.
      return await postgres.transaction(
        async (sql) => new BatchRun(sql, await claimRowsAgain(sql, keys)).isolated(reasonOf(error)),
        {
          lockTimeoutMs: LOCK_TIMEOUT_MS,
        },
      );
    }
  }
}

/** An item of the batch with the row it came from. */
interface RowItem extends InboxItem {
  readonly report: RowReport;
}

class BatchRun {
  private readonly reports: RowReport[];
  private readonly items: RowItem[] = [];
  private readonly effects: Effects = {
    counts: new ItemCounts(),
    advanced: [],
    paused: [],
    inbound: [],
    woken: [],
    heard: new Map(),
  };

  constructor(
    private readonly sql: SqlRunner,
    rows: readonly InboxRow[],
  ) {
    this.reports = rows.map((row) => this.read(row));
  }

  async together(): Promise<BatchReport> {
    this.take(await applyItems(this.sql, this.items));
    return this.finish(null);
  }

  async isolated(reason: string): Promise<BatchReport> {
    await this.applyIsolated(this.items);
    return this.finish(reason);
  }

  private read(row: InboxRow): RowReport {
    const { items, faults, faultCount, ignored } = parseBody(row.body);
    const report: RowReport = { row, deferred: null, faultCount, faults: [...faults] };
    this.effects.counts.add('unreadable', 'failed', faultCount);
    for (const [kind, count] of ignored) this.effects.counts.add(kind, 'ignored', count);
    for (const item of items) {
      this.items.push({ item, report, appId: row.app_id, receivedAt: row.received_at, requestId: row.request_id });
    }
    return report;
  }

  private async finish(takenApart: string | null): Promise<BatchReport> {
    if (this.reports.length > 0) await finishRows(this.sql, this.reports);
    return { rows: this.reports, effects: this.effects, takenApart };
  }

  /** Halves what fails until single items are left; each bad one is recorded, all others are applied. */
  private async applyIsolated(items: readonly RowItem[]): Promise<void> {
    if (items.length === 0) return;
    const failure = await this.tryToApply(items);
    if (failure === null) return;
    const [first] = items;
    if (first && items.length === 1) {
      this.giveUp(first, failure.cause);
      return;
    }
    const middle = Math.ceil(items.length / 2);
    await this.applyIsolated(items.slice(0, middle));
    await this.applyIsolated(items.slice(middle));
  }

  /** @returns null when applied; else what went wrong, with everything of these items undone */
  private async tryToApply(items: readonly RowItem[]): Promise<{ cause: unknown } | null> {
    await this.sql.query('webhook-savepoint', 'SAVEPOINT items');
    let effects: Effects;
    try {
      effects = await applyItems(this.sql, items);
    } catch (cause) {
      // Throws when the connection is gone, and with it the whole batch.
      await this.sql.query('webhook-savepoint-rollback', 'ROLLBACK TO SAVEPOINT items');
      return { cause };
    }
    await this.sql.query('webhook-savepoint-release', 'RELEASE SAVEPOINT items');
    this.take(effects);
    return null;
  }

  private giveUp({ item, report }: RowItem, cause: unknown): void {
    if (!isItemsFault(cause) && report.row.attempts + 1 < MAX_TRIES) {
      report.deferred = reasonOf(cause);
      return;
    }
    report.faultCount += 1;
    if (report.faults.length < FAULTS_KEPT) {
      report.faults.push({ at: item.at, kind: item.kind, reason: reasonOf(cause) });
    }
    this.effects.counts.add(item.kind, 'failed');
  }

  private take(effects: Effects): void {
    this.effects.counts.addAll(effects.counts);
    this.effects.advanced.push(...effects.advanced);
    this.effects.paused.push(...effects.paused);
    this.effects.inbound.push(...effects.inbound);
    this.effects.woken.push(...effects.woken);
    for (const [accountId, receivedAt] of effects.heard) addLatest(this.effects.heard, accountId, receivedAt);
  }
}

/**
 * Whether the item's own data is at fault, so that another try is in vain: a value that a column or constraint refuses
 * (classes 22 and 23), or that is too large (54). A key that another transaction stored a moment before (23505) is
 * seen by the next try; whatever else fails (a lock, a full disk, a fault of ours) may be gone then.
 */
function isItemsFault(error: unknown): boolean {
  if (!isServerError(error) || error.code === '23505') return false;
  return isBadRow(error) || error.code?.startsWith('54') === true;
}

/** Names the fault without anything the item held: the database's texts quote values, those of a program do not. */
function reasonOf(error: unknown): string {
  if (isServerError(error)) return `database ${error.code ?? ''}${error.constraint ? ` ${error.constraint}` : ''}`;
  return error instanceof Error ? `${error.name}: ${error.message}`.slice(0, REASON_LENGTH) : 'unknown';
}
