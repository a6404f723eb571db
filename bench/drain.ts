import { setTimeout as pause } from 'node:timers/promises';
import type { Child } from './child.js';
import type { BenchInstallation } from './installation.js';

/** How a backlog left. */
export interface Drained {
  messages: number;
  /** Until the last was sent, and until the last status was stored; from the first one sent. */
  sentPerSecond: number;
  settledPerSecond: number;
  workerPeakBytes: number;
  /** Processor seconds by process, for finding what costs most. */
  cpu: Record<string, number>;
}

const WAITING = ['queued', 'sending', 'unknown'];
const UNSETTLED = [...WAITING, 'sent', 'delivered'];
/** Counting takes the database's time, too; the moments themselves are read from the rows. */
const LOOK_MS = 250;
const TIMEOUT_MS = 10 * 60_000;

/** Watches the backlog until every message has left and its last status (read) is stored. */
export async function drain(
  platform: BenchInstallation,
  options: { until: 'idle'; worker?: Child; api?: Child },
): Promise<Drained> {
  const processes = { worker: options.worker, api: options.api, sandbox: platform.sandbox };
  const cpu = (): Record<string, number> =>
    Object.fromEntries(Object.entries(processes).map(([name, child]) => [name, child?.cpuSeconds() ?? 0]));
  const begin = performance.now();
  const cpuBefore = cpu();
  const total = await platform.count(WAITING);
  let left = total;
  while (left > 0) {
    await pause(LOOK_MS);
    left = await platform.count(WAITING);
    if (performance.now() - begin > TIMEOUT_MS) throw new Error(`${left} of ${total} messages had not left in time`);
  }
  const { rows } = await platform.database.query<{ first: Date; last: Date }>(
    `SELECT min(submitting_at) AS first, max(finished_at) AS last
       FROM (SELECT submitting_at, finished_at FROM attempts ORDER BY message_id DESC LIMIT $1) AS a`,
    [Math.max(1, total)],
  );
  while ((await platform.count(UNSETTLED)) > 0) {
    await pause(LOOK_MS);
    if (performance.now() - begin > TIMEOUT_MS) throw new Error('the statuses did not arrive in time');
  }
  const { rows: ends } = await platform.database.query<{ settled: Date }>(
    `SELECT max(updated_at) AS settled
       FROM (SELECT updated_at FROM messages WHERE direction = 'outbound' ORDER BY id DESC LIMIT $1) AS m`,
    [Math.max(1, total)],
  );
  const settled = ends[0]?.settled.getTime() ?? NaN;
  const { rows: failed } = await platform.database.query<{ error_code: string; n: number; example: string }>(
    `SELECT error_code, count(*)::int AS n, min(error_details) AS example
       FROM messages WHERE status IN ('failed', 'expired') GROUP BY error_code`,
  );
  if (failed.length > 0) throw new Error(`messages failed: ${JSON.stringify(failed)}`);
  const cpuAfter = cpu();
  const first = rows[0]?.first.getTime() ?? 0;
  const last = rows[0]?.last.getTime() ?? 0;
  return {
    messages: total,
    sentPerSecond: (total / Math.max(1, last - first)) * 1000,
    settledPerSecond: (total / Math.max(1, settled - first)) * 1000,
    workerPeakBytes: options.worker?.peakMemory() ?? 0,
    cpu: Object.fromEntries(
      Object.entries(cpuAfter).map(([name, seconds]) => [name, seconds - (cpuBefore[name] ?? 0)]),
    ),
  };
}
