import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Bench, Figure } from '../bench.js';
import { fillBacklog } from '../fill.js';
import type { BenchInstallation } from '../installation.js';

const BATCH = 100;
const MESSAGES = 60_000;
/** Webhooks that WhatsApp has on the way at once. */
const CONNECTIONS = 8;
const LEAST_PER_S = 2500;
const MOST_P50_MS = 250;
const MOST_P99_MS = 1000;
const STORED_WITHIN_S = 300;

interface Answered {
  /** Ids of the messages whose status was answered with 200. */
  ids: number[];
  times: number[];
  seconds: number;
}

/** Webhooks with statuses: how fast they are taken, and that those answered with 200 are never lost. */
export const statuses: Figure = {
  name: 'statuses',
  what: 'status webhooks in batches of 100, and after a kill -9 of the API in the middle',
  async run(bench) {
    const floor = await bench.floor();
    const platform = await bench.install();
    let api = await platform.start('api');
    const ids = await sentMessages(bench, platform);
    const worker = await platform.start('worker');

    const taken = await post(platform, ids, 'delivered');
    const { report } = bench;
    const rate = taken.ids.length / taken.seconds;
    taken.times.sort((a, b) => a - b);
    const at = (share: number): number => taken.times[Math.floor((taken.times.length - 1) * share)] ?? NaN;
    report.figure('statuses taken a second', rate, rate >= LEAST_PER_S, `>= ${LEAST_PER_S}/s`, floor.perSecond);
    report.milliseconds('statuses: p50 of the answer', at(0.5), MOST_P50_MS);
    report.milliseconds('statuses: p99 of the answer', at(0.99), MOST_P99_MS);
    const begin = performance.now();
    const missing = await unstored(platform, taken.ids, ['delivered', 'read']);
    report.note(`statuses: all stored ${((performance.now() - begin) / 1000).toFixed(1)} s after the last answer`);

    let killed: Promise<void> | undefined;
    const answered = await post(platform, ids, 'read', () => {
      killed ??= api.crash();
    });
    await killed;
    api = await platform.start('api');
    const lost = missing + (await unstored(platform, answered.ids, ['read']));
    report.note(`statuses: ${answered.ids.length} of ${ids.length} were answered before the API was killed`);
    report.figure('statuses answered with 200 and lost', lost, lost === 0, '= 0', floor.perSecond);
    await worker.stop();
    await api.stop();
  },
};

async function sentMessages(bench: Bench, platform: BenchInstallation): Promise<number[]> {
  await fillBacklog(platform, bench.scaled(MESSAGES));
  const { rows } = await platform.database.query<{ id: number }>(
    `UPDATE messages SET status = 'sent', sent_at = now(), next_at = NULL, wamid = 'wamid.bench' || id
      WHERE status = 'queued' RETURNING id::int`,
  );
  return rows.map(({ id }) => id);
}

/** Sends everybody's status, CONNECTIONS batches at a time; calls `onceHalf` from the middle on. Ends early when nobody answers any more. */
async function post(
  platform: BenchInstallation,
  ids: readonly number[],
  status: string,
  onceHalf?: () => void,
): Promise<Answered> {
  const answered: Answered = { ids: [], times: [], seconds: 0 };
  const begin = performance.now();
  let next = 0;
  let away = false;
  const connection = async (): Promise<void> => {
    while (next < ids.length && !away) {
      const batch = ids.slice(next, next + BATCH);
      next += BATCH;
      const body = JSON.stringify(webhook(platform, batch, status));
      const from = performance.now();
      const code = await answerTo(platform, body);
      away ||= code === null;
      if (code === null) continue;
      if (code !== 200) throw new Error(`a webhook was answered ${code}`);
      answered.times.push(performance.now() - from);
      answered.ids.push(...batch);
      if (answered.ids.length >= ids.length / 2) onceHalf?.();
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  answered.seconds = (performance.now() - begin) / 1000;
  return answered;
}

/** The answer's status; null when the connection broke. */
async function answerTo({ apiUrl, appSecret }: BenchInstallation, body: string): Promise<number | null> {
  const signature = createHmac('sha256', appSecret).update(body).digest('hex');
  try {
    const answer = await fetch(`${apiUrl}/api/v2/whatsapp/webhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` },
      body,
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function webhook({ wabaId, phoneNumberId }: BenchInstallation, ids: readonly number[], status: string): object {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550000000', phone_number_id: phoneNumberId },
    statuses: ids.map((id) => ({ id: `wamid.bench${id}`, status, timestamp, recipient_id: '201000000001' })),
  };
  return { object: 'whatsapp_business_account', entry: [{ id: wabaId, changes: [{ field: 'messages', value }] }] };
}

/** How many of these messages do not get one of the statuses, once the inbox is empty. */
async function unstored(
  { database }: BenchInstallation,
  ids: readonly number[],
  wanted: readonly string[],
): Promise<number> {
  for (let tries = 0; tries < STORED_WITHIN_S * 5; tries += 1) {
    const { rows: waiting } = await database.query('SELECT 1 FROM webhook_inbox WHERE processed_at IS NULL LIMIT 1');
    if (waiting.length === 0) break;
    await pause(200);
  }
  const { rows } = await database.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM messages WHERE id = ANY ($1) AND status <> ALL ($2)',
    [ids, wanted],
  );
  return rows[0]?.n ?? NaN;
}
