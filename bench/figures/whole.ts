import type { Figure } from '../bench.js';
import type { Child } from '../child.js';
import { drain } from '../drain.js';
import { control, type BenchInstallation } from '../installation.js';
import { load, type LoadResult } from '../load.js';
import { jpegOf } from '../multipart.js';
import type { Report } from '../report.js';
import { uploadsTo } from '../uploads.js';

/** A little above the target, for the time of the last statuses is counted, too. */
const OFFERED_PER_S = 450;
const LEAST_PER_S = 400;
const MESSAGES = OFFERED_PER_S * 60;
const CONNECTIONS = 64;
const SECONDS = 600;
const RECIPIENTS = 5000;

/** From the request at the API to the last stored status, everything at once on one machine. */
export const whole: Figure = {
  name: 'whole',
  what: 'one number from the upload to its three statuses, all at once, and the time of each stage',
  async run(bench) {
    const { report } = bench;
    const floor = await bench.floor();
    const platform = await bench.install();
    const api = await platform.start('api');
    await platform.subscribe(platform.appId);
    const worker = await platform.start('worker', { MEDIA_DELIVERY: 'upload' });
    const photo = await jpegOf(2048);
    const uploads = uploadsTo(`${platform.apiUrl}/api/v2/messages/media`, platform.token, photo, 'respond-async', {
      distinct: false,
      phones: RECIPIENTS,
    });
    const count = bench.scaled(MESSAGES);
    const processes = { api, worker, sandbox: platform.sandbox };
    const before = cpuSeconds(processes);
    const accepted = await load(uploads, CONNECTIONS, SECONDS, count, OFFERED_PER_S);
    if (Object.keys(accepted.failures).length > 0) {
      throw new Error(`not all were accepted: ${JSON.stringify(accepted.failures)}`);
    }
    await drain(platform, { until: 'idle', worker, api });
    const after = cpuSeconds(processes);
    const rate = await storedPerSecond(platform, count);
    const target = `>= ${LEAST_PER_S}/s`;
    report.figure(
      `${count} messages, each with its three statuses`,
      rate,
      rate >= LEAST_PER_S,
      target,
      floor.perSecond,
    );
    await reportStages(platform, report, accepted, count);
    const cpu = Object.keys(processes).map(
      (name) => `${name} ${((((after[name] ?? NaN) - (before[name] ?? NaN)) / count) * 1000).toFixed(2)} ms`,
    );
    report.note(`whole, processor time a message: ${cpu.join(', ')}`);
    await worker.stop();
    await api.stop();
  },
};

const cpuSeconds = (processes: Record<string, Child>): Record<string, number> =>
  Object.fromEntries(Object.entries(processes).map(([name, child]) => [name, child.cpuSeconds()]));

/** From the first acceptance to the last status, of which there must be three for each message. */
async function storedPerSecond({ database }: BenchInstallation, count: number): Promise<number> {
  const { rows } = await database.query<{ complete: number; seconds: number }>(
    `SELECT count(*) FILTER (WHERE sent_at IS NOT NULL AND delivered_at IS NOT NULL AND read_at IS NOT NULL)::int
              AS complete,
            extract(epoch FROM max(updated_at) - min(created_at))::float8 AS seconds
       FROM messages WHERE direction = 'outbound'`,
  );
  const { complete = 0, seconds = NaN } = rows[0] ?? {};
  if (complete !== count) throw new Error(`${complete} of ${count} messages have their three statuses`);
  return count / seconds;
}

/** Where a message spends its time; the times of a transaction are those of its begin, by the database's clock. */
async function reportStages(
  platform: BenchInstallation,
  report: Report,
  accepted: LoadResult,
  count: number,
): Promise<void> {
  report.stage('accept: request → answer', accepted.p50, accepted.p99);
  const seen = await seenAt(platform, count);
  const { rows } = await platform.database.query<
    Record<'accepted' | 'claimed' | 'submitting' | 'stored', number> & { id: number }
  >(
    `SELECT m.id::int, (extract(epoch FROM m.created_at) * 1000)::float8 AS accepted,
            (extract(epoch FROM a.claimed_at) * 1000)::float8 AS claimed,
            (extract(epoch FROM a.submitting_at) * 1000)::float8 AS submitting,
            (extract(epoch FROM a.finished_at) * 1000)::float8 AS stored
       FROM messages m JOIN attempts a ON a.message_id = m.id AND a.attempt_no = m.attempt_no
      WHERE m.direction = 'outbound'`,
  );
  const at = (row: { id: number }): number => seen.get(row.id) ?? NaN;
  stage(
    report,
    'accepted → claimed',
    rows.map((row) => row.claimed - row.accepted),
  );
  stage(
    report,
    'claimed → submitting',
    rows.map((row) => row.submitting - row.claimed),
  );
  stage(
    report,
    'submitting → at WhatsApp',
    rows.map((row) => at(row) - row.submitting),
  );
  stage(
    report,
    'at WhatsApp → answer stored',
    rows.map((row) => row.stored - at(row)),
  );
  const { rows: webhooks } = await platform.database.query<{ lag: number }>(
    `SELECT (extract(epoch FROM processed_at - received_at) * 1000)::float8 AS lag
       FROM webhook_inbox WHERE processed_at IS NOT NULL`,
  );
  stage(
    report,
    'webhook received → its statuses stored',
    webhooks.map(({ lag }) => lag),
  );
  const { rows: repeats } = await platform.database.query<{ attempts: number; releases: number }>(
    `SELECT avg(attempt_no)::float8 AS attempts, avg(generation)::float8 AS releases
       FROM messages WHERE direction = 'outbound'`,
  );
  const { attempts = NaN, releases = NaN } = repeats[0] ?? {};
  report.note(`whole: ${releases.toFixed(2)} releases and ${attempts.toFixed(2)} attempts a message`);
}

function stage(report: Report, what: string, times: number[]): void {
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN;
  report.stage(what, at(0.5), at(0.99));
}

/** When the sandbox accepted each message, by our id. */
async function seenAt({ sandboxUrl, phoneNumberId }: BenchInstallation, count: number): Promise<Map<number, number>> {
  const path = `/messages?phone_number_id=${phoneNumberId}&limit=${count}`;
  const { data } = await control<{ data: { at: number; biz_opaque_callback_data: string }[] }>(sandboxUrl, 'GET', path);
  return new Map(data.map(({ at, biz_opaque_callback_data: opaque }) => [Number(/^m=(\d+)/.exec(opaque)?.[1]), at]));
}
