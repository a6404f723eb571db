import { setTimeout as pause } from 'node:timers/promises';
import type { Bench, Figure } from '../bench.js';
import type { Child } from '../child.js';
import { fillBacklog } from '../fill.js';
import { control, type BenchInstallation, type BenchTenant } from '../installation.js';
import { jpegOf } from '../multipart.js';

const BACKLOG = 100_000;
/** WhatsApp's for an ordinary number: what one load may take of a machine is not what is measured. */
const RATE = 80;
const MESSAGES = 600;
/** A steady stream far below the number's rate. */
const EVERY_MS = 50;
/** Of these nothing is told: a new number begins a second late, and the processes run code that was never run. */
const WARM = 300;
const SEEN_WITHIN_S = 60;
const MOST_RATIO = 1.2;
/** Every message of the number stays without an answer for longer than a call may take. */
const HANGING = { kind: 'delay', on: 'messages', delay_ms: 120_000 };

/** Another number's load does not delay a number's messages. */
export const neighbour: Figure = {
  name: 'neighbour',
  what: "one number's delay beside another's backlog of 100,000, and while that one's calls hang",
  async run(bench) {
    const floor = await bench.floor();
    const before = await withNeighbour(bench, 'idle');
    const crowded = p99(await withNeighbour(bench, 'backlog'));
    const hanging = p99(await withNeighbour(bench, 'hanging'));
    // Before and after: the machine's own speed changes within minutes.
    const alone = p99([...before, ...(await withNeighbour(bench, 'idle'))]);
    const { report } = bench;
    report.figure('a number by itself: p99 until WhatsApp has it, ms', alone, undefined, '', floor.perSecond);
    for (const [what, found] of [
      [`beside a backlog of ${bench.scaled(BACKLOG)}`, crowded],
      ['beside a backlog whose calls hang', hanging],
    ] as const) {
      const ratio = found / alone;
      const target = `<= ${MOST_RATIO} x (${ratio.toFixed(2)})`;
      report.figure(`${what}: p99, ms`, found, ratio <= MOST_RATIO, target, floor.perSecond);
    }
  },
};

/** From the API's acceptance to the sandbox's sight of the second number's messages, milliseconds. */
async function withNeighbour(bench: Bench, busy: 'idle' | 'backlog' | 'hanging'): Promise<number[]> {
  const platform = await bench.install(RATE);
  const api = await platform.start('api');
  await platform.subscribe(platform.appId);
  const tenant = await platform.addTenant('neighbour');
  await platform.cli('delivery', 'hold', '--reason', 'bench');
  if (busy !== 'idle') await fillBacklog(platform, bench.scaled(BACKLOG));
  if (busy === 'hanging') {
    await control(platform.sandboxUrl, 'POST', `/phone_numbers/${platform.phoneNumberId}/faults`, HANGING);
  }
  const worker = await platform.start('worker', { MEDIA_DELIVERY: 'upload' });
  await platform.cli('delivery', 'release', '--continue');
  const times = await delays(platform, tenant, bench.scaled(MESSAGES));
  await stop(worker, api);
  const told = [0.5, 0.9, 0.99].map((share) => `p${share * 100} ${quantile(times, share).toFixed(0)}`).join(', ');
  bench.report.note(`neighbour, ${busy}: ${told} ms of ${times.length} messages`);
  return times;
}

const p99 = (times: readonly number[]): number => quantile(times, 0.99);

function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

async function stop(...children: Child[]): Promise<void> {
  await Promise.all(children.map((child) => child.stop()));
}

async function delays(platform: BenchInstallation, tenant: BenchTenant, count: number): Promise<number[]> {
  const photo = await jpegOf(2048);
  const acceptedAt = new Map<string, number>();
  const send = async (index: number): Promise<void> => {
    const form = new FormData();
    form.append('phone', `2010${20_000_000 + index}`);
    form.append('media_type', 'image');
    form.append('media_file', new Blob([new Uint8Array(photo)], { type: 'image/jpeg' }), 'photo.jpg');
    const answer = await fetch(`${platform.apiUrl}/api/v2/messages/media`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.token}`, prefer: 'respond-async' },
      body: form,
    });
    const { data } = (await answer.json()) as { data: { chat_message_id: number } | null };
    if (!data) throw new Error(`not accepted: ${answer.status}`);
    acceptedAt.set(`m=${data.chat_message_id}`, performance.timeOrigin + performance.now());
  };
  const stream = async (from: number, until: number): Promise<void> => {
    const sends: Promise<void>[] = [];
    for (let index = from; index < until; index += 1) {
      sends.push(send(index));
      await pause(EVERY_MS);
    }
    await Promise.all(sends);
  };
  await stream(0, WARM);
  await seenAt(platform, tenant, WARM);
  acceptedAt.clear();
  await stream(WARM, WARM + count);
  const seen = await seenAt(platform, tenant, WARM + count);
  return [...acceptedAt].map(([key, at]) => Math.max(0, (seen.get(key) ?? Infinity) - at));
}

/** When the sandbox accepted each message, by our reference. */
async function seenAt(
  platform: BenchInstallation,
  { phoneNumberId }: BenchTenant,
  count: number,
): Promise<Map<string, number>> {
  for (let tries = 0; tries < SEEN_WITHIN_S * 2; tries += 1) {
    const { data } = await control<{ data: { at: number; biz_opaque_callback_data: string }[] }>(
      platform.sandboxUrl,
      'GET',
      `/messages?phone_number_id=${phoneNumberId}&limit=${count}`,
    );
    if (data.length >= count) {
      return new Map(data.map(({ at, biz_opaque_callback_data: data }) => [data.split(';', 1)[0] ?? '', at]));
    }
    await pause(500);
  }
  throw new Error(`not all of ${count} messages were seen within ${SEEN_WITHIN_S} s`);
}
