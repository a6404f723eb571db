import type { Postgres } from '../../../platform/database/postgres.js';
import { parseBody } from '../body/parse-body.js';
import { BatchRun, reasonOf, type ApartOptions, type BatchParts, type BatchReport } from './batch-run.js';
import { claimRows, claimRowsAgain, readDueDeferred, type InboxRow } from './inbox-rows.js';

/**
 * How long a statement waits for a row that another transaction holds, milliseconds: the batch that holds everybody's
 * webhooks, and the transactions of single accounts. Ours hold a row for milliseconds; what takes longer is deferred.
 */
const WHOLE_LOCK_TIMEOUT_MS = 200;
const APART_LOCK_TIMEOUT_MS = 50;
/** Locks that a deferred batch of one account runs into at most: half a second of waiting. */
const DEFERRED_CONTENTIONS = 10;

/** Told what a transaction did, right after its commit. */
export type Tell = (report: BatchReport) => void;

/**
 * One batch of new raw webhooks: claimed, taken apart, applied and marked processed in ONE transaction. A crash at any
 * point, of Postgres too, leaves all of it undone, and doing it again does nothing twice: so nobody waits for the disk
 * here (the receiver has flushed the rows before it answered). When that fails, the same rows are run once
 * more, in a transaction for each account, where a bad item costs only itself. An account that meets a lock there is
 * left at once: its webhooks are handed to {@link runDeferred}, and for some seconds later ones of it are handed over
 * untried. So a row that is held for long costs the others one lock time-out.
 *
 * @returns how many rows it took; 0: there was nothing to do
 * @throws when the database is away: what was not told is not done
 */
export async function runBatch(postgres: Postgres, parts: BatchParts, tell: Tell): Promise<number> {
  let rows: InboxRow[] = [];
  let report: BatchReport;
  try {
    report = await postgres.transaction(
      async (sql) => {
        rows = await claimRows(sql);
        return new BatchRun(sql, rows, parts).together();
      },
      { lockTimeoutMs: WHOLE_LOCK_TIMEOUT_MS, flush: false },
    );
  } catch (error) {
    if (rows.length === 0) throw error;
    // If the connection was lost, this fails as well; and rows that were committed after all are not found again.
    await runApart(postgres, rows, parts, { reason: reasonOf(error), maxContentions: 1, handsOver: true }, tell);
    return rows.length;
  }
  if (rows.length > 0) tell(report);
  return rows.length;
}

/**
 * The webhooks that were deferred and are due, in a transaction for each account. Items that meet a lock, or fail for
 * a reason that may pass, stay in the inbox and are tried again after growing pauses; all others are applied, and are
 * remembered as applied while their row stays.
 *
 * @returns how many rows it took; 0: there was nothing to do
 * @throws as `runBatch`
 */
export async function runDeferred(postgres: Postgres, parts: BatchParts, tell: Tell): Promise<number> {
  const rows = await readDueDeferred(postgres);
  const options = { reason: null, maxContentions: DEFERRED_CONTENTIONS, handsOver: false };
  return runApart(postgres, rows, parts, options, tell);
}

/** @returns how many rows it took; 0: other processors hold all of them, or finished them */
async function runApart(
  postgres: Postgres,
  rows: readonly InboxRow[],
  parts: BatchParts,
  options: ApartOptions,
  tell: Tell,
): Promise<number> {
  let found = 0;
  for (const group of byAccounts(rows)) {
    const report = await postgres.transaction(
      async (sql) => new BatchRun(sql, await claimRowsAgain(sql, group), parts).apart(options),
      { lockTimeoutMs: APART_LOCK_TIMEOUT_MS, flush: false },
    );
    if (report.rows.length === 0) continue;
    found += report.rows.length;
    tell(report);
  }
  return found;
}

/** Rows that speak of the same account, or the same accounts. */
function byAccounts(rows: readonly InboxRow[]): InboxRow[][] {
  const groups = new Map<string, InboxRow[]>();
  for (const row of rows) {
    const accounts = [...new Set(parseBody(row.body).items.map(({ wabaId }) => wabaId))].sort().join(' ');
    const group = groups.get(accounts);
    if (group) group.push(row);
    else groups.set(accounts, [row]);
  }
  return [...groups.values()];
}
