import { isBadRow, isContention, isServerError } from '../../../platform/database/database-errors.js';
import type { SqlRunner } from '../../../platform/database/postgres.js';
import { FAULTS_KEPT, type ItemFault, type ParsedBody } from '../body/items.js';
import { parseBody } from '../body/parse-body.js';
import { applyItems, type Effects } from './apply-items.js';
import type { IdentityHashes } from '../../../contacts/erase/identity-hashes.js';
import type { ContendedAccounts } from './contended-accounts.js';
import { addLatest } from './heard-accounts.js';
import { ItemCounts, type InboxItem } from './inbox-item.js';
import { finishRows, type InboxRow, type RowResult } from './inbox-rows.js';

/**
 * After this many tries (half an hour, see `finishRows`) an item that never could be applied is given up, so that its
 * row does not stay for ever. Its body stays in the inbox. One that only meets locks is never given up.
 */
export const MAX_TRIES = 60;
const REASON_LENGTH = 200;

/** What became of one row of a batch. */
export interface RowReport extends RowResult {
  readonly row: InboxRow;
  deferred: string | null;
  handedOver: boolean;
  applied: string[];
  readonly waitingAccounts: Set<string>;
  faultCount: number;
  readonly faults: ItemFault[];
}

/** What a transaction did; to be used after its commit. */
export interface BatchReport {
  readonly rows: readonly RowReport[];
  readonly effects: Effects;
  /** Why the batch could not be applied as a whole; null when it was, and for deferred rows. */
  readonly takenApart: string | null;
}

/** How rows are applied in parts. */
export interface ApartOptions {
  /** Why, for the report. */
  readonly reason: string | null;
  /** Locks that the items of one account run into before the rest of them is deferred untried. */
  readonly maxContentions: number;
  /** Rows that met a lock are due at once, among the deferred ones. */
  readonly handsOver: boolean;
}

/** What every batch of a process shares. */
export interface BatchParts {
  readonly contended: ContendedAccounts;
  readonly hashes: IdentityHashes;
}

/** An item of the batch with the row it came from. */
interface RowItem extends InboxItem {
  readonly report: RowReport;
}

/** Applies claimed rows in the transaction that claimed them. */
export class BatchRun {
  private readonly reports: RowReport[] = [];
  /** What is tried, and all that was not applied by earlier tries. */
  private readonly items: RowItem[] = [];
  private readonly left: RowItem[] = [];
  private readonly ignored: { report: RowReport; ignored: ParsedBody['ignored']; unreadable: number }[] = [];
  private readonly failed: RowItem[] = [];
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
    private readonly rows: readonly InboxRow[],
    private readonly parts: BatchParts,
  ) {}

  /** All at once; rows of accounts that met contention a moment ago are handed over untried. */
  async together(): Promise<BatchReport> {
    for (const row of this.rows) {
      const { report, items } = this.read(row);
      if (items.some(({ item }) => this.parts.contended.has(item.wabaId))) {
        report.deferred = 'other webhooks of the account met a lock';
        report.handedOver = true;
      } else this.items.push(...items);
    }
    this.take(await applyItems(this.sql, this.parts.hashes, this.items));
    return this.finish(null);
  }

  /** Account by account: what is bad or locked costs only itself. */
  async apart(options: ApartOptions): Promise<BatchReport> {
    const accounts = new Map<string, RowItem[]>();
    for (const entry of this.rows.flatMap((row) => this.read(row).items)) {
      const items = accounts.get(entry.item.wabaId);
      if (items) items.push(entry);
      else accounts.set(entry.item.wabaId, [entry]);
    }
    for (const items of accounts.values()) {
      await this.applyIsolated(items, { ...options, contentionsLeft: options.maxContentions, lock: null });
    }
    return this.finish(options.reason);
  }

  private read(row: InboxRow): { report: RowReport; items: RowItem[] } {
    const { items, faults, faultCount, ignored } = parseBody(row.body);
    const applied = new Set(row.applied_items);
    const report: RowReport = {
      row,
      deferred: null,
      handedOver: false,
      applied: [...applied],
      waitingAccounts: new Set(),
      faultCount,
      faults: [...faults],
    };
    this.reports.push(report);
    this.ignored.push({ report, ignored, unreadable: faultCount });
    const left = items
      .filter(({ at }) => !applied.has(at))
      .map((item) => ({
        item,
        report,
        appId: row.app_id,
        receivedAt: row.received_at,
        requestId: row.request_id,
      }));
    this.left.push(...left);
    return { report, items: left };
  }

  private async finish(takenApart: string | null): Promise<BatchReport> {
    const { counts } = this.effects;
    // Counted once, when the row is done: a row that stays is read again.
    for (const { report, ignored, unreadable } of this.ignored) {
      if (report.deferred !== null) continue;
      counts.add('unreadable', 'failed', unreadable);
      for (const [kind, count] of ignored) counts.add(kind, 'ignored', count);
    }
    for (const { item, report } of this.failed) if (report.deferred === null) counts.add(item.kind, 'failed');
    for (const { item, report } of this.left) {
      if (report.deferred !== null && !report.applied.includes(item.at)) report.waitingAccounts.add(item.wabaId);
    }
    if (this.reports.length > 0) await finishRows(this.sql, this.reports);
    return { rows: this.reports, effects: this.effects, takenApart };
  }

  /** Halves what fails until single items are left; each bad one is recorded, all others are applied. */
  private async applyIsolated(items: readonly RowItem[], account: AccountRun): Promise<void> {
    const [first] = items;
    if (!first) return;
    if (account.lock !== null && account.contentionsLeft <= 0) {
      this.deferLocked(items, account.lock, account.handsOver);
      return;
    }
    const failure = await this.tryToApply(items);
    if (failure === null) return;
    if (isContention(failure.cause)) {
      this.parts.contended.add(first.item.wabaId);
      account.contentionsLeft -= 1;
      account.lock = reasonOf(failure.cause);
      if (items.length === 1 || account.contentionsLeft <= 0) {
        this.deferLocked(items, account.lock, account.handsOver);
        return;
      }
    } else if (items.length === 1) {
      this.giveUp(first, failure.cause);
      return;
    }
    const middle = Math.ceil(items.length / 2);
    await this.applyIsolated(items.slice(0, middle), account);
    await this.applyIsolated(items.slice(middle), account);
  }

  /** @returns null when applied; else what went wrong, with everything of these items undone */
  private async tryToApply(items: readonly RowItem[]): Promise<{ cause: unknown } | null> {
    await this.sql.query('webhook-savepoint', 'SAVEPOINT items');
    let effects: Effects;
    try {
      effects = await applyItems(this.sql, this.parts.hashes, items);
    } catch (cause) {
      // Throws when the connection is gone, and with it the whole batch.
      await this.sql.query('webhook-savepoint-rollback', 'ROLLBACK TO SAVEPOINT items');
      return { cause };
    }
    await this.sql.query('webhook-savepoint-release', 'RELEASE SAVEPOINT items');
    this.take(effects);
    for (const { item, report } of items) report.applied.push(item.at);
    return null;
  }

  private deferLocked(items: readonly RowItem[], reason: string, handsOver: boolean): void {
    for (const { report } of items) {
      // A row that waits for another reason waits as long as that one needs.
      if (report.deferred === null) report.handedOver = handsOver;
      report.deferred ??= reason;
    }
  }

  private giveUp(entry: RowItem, cause: unknown): void {
    const { item, report } = entry;
    if (!isItemsFault(cause) && report.row.attempts + 1 < MAX_TRIES) {
      report.deferred = reasonOf(cause);
      report.handedOver = false;
      return;
    }
    report.faultCount += 1;
    if (report.faults.length < FAULTS_KEPT) {
      report.faults.push({ at: item.at, kind: item.kind, reason: reasonOf(cause) });
    }
    this.failed.push(entry);
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

/** One account's items while they are applied. */
interface AccountRun extends ApartOptions {
  contentionsLeft: number;
  /** The lock that was met last; null for none. */
  lock: string | null;
}

/**
 * Whether the item's own data is at fault, so that another try is in vain: a value that a column or constraint refuses
 * (classes 22 and 23), or that is too large (54). A key that another transaction stored a moment before (23505) is
 * seen by the next try; whatever else fails (a full disk, a fault of ours) may be gone then.
 */
function isItemsFault(error: unknown): boolean {
  if (!isServerError(error) || error.code === '23505') return false;
  return isBadRow(error) || error.code?.startsWith('54') === true;
}

/** Names the fault without anything the item held: the database's texts quote values, those of a program do not. */
export function reasonOf(error: unknown): string {
  if (isServerError(error)) return `database ${error.code ?? ''}${error.constraint ? ` ${error.constraint}` : ''}`;
  return error instanceof Error ? `${error.name}: ${error.message}`.slice(0, REASON_LENGTH) : 'unknown';
}
