import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Bench, Figure } from '../bench.js';
import { fillBacklog } from '../fill.js';
import { control, type BenchInstallation } from '../installation.js';

const SMALL = 10_000;
const LARGE = 1_000_000;
const SECONDS = 60;
const SAMPLE_MS = 500;
const FIRST_WITHIN_MS = 60_000;
/** Of the small backlog: behind it the last stragglers are waited for, not work. */
const WORKED = 0.95;
/** The large one is watched on for the worker's memory. */
const WATCHED_S = 150;
/** Before this a worker still grows: for its code, its caches, and until its collector has found the size of its heap. */
const WARM_S = 90;
/** Memory is compared by the means of this long, because a collector lets it swing. */
const AVERAGED_S = 10;
const MOST_DIFFERENCE = 0.1;
const MOST_GROWTH_MB = 30;
const MOST_REDIS_MB = 64;

/** The drain at one moment: seconds from the first message on, and bytes. */
interface Sample {
  seconds: number;
  taken: number;
  worker: number;
  redis: number;
}

/** A backlog's size costs its draining nothing. */
export const backlog: Figure = {
  name: 'backlog',
  what: 'draining 10,000 and 1,000,000 queued messages, the first 60 s of each',
  async run(bench) {
    const { report } = bench;
    const floor = await bench.floor();
    const [few, many] = [bench.scaled(SMALL), bench.scaled(LARGE)];
    const small = await drainFirst(bench, few, SECONDS);
    const large = await drainFirst(bench, many, WATCHED_S);
    // Both over the same time, from the same start: as long as the small one gives work.
    const seconds = Math.min(small.at(-1)?.seconds ?? 0, large.at(-1)?.seconds ?? 0);
    const [slow, fast] = [rateUntil(small, seconds), rateUntil(large, seconds)];
    const ratio = fast / slow;
    const target = `within ${MOST_DIFFERENCE * 100}% (${ratio.toFixed(2)})`;
    const over = `the first ${seconds.toFixed(0)} s, messages/s`;
    report.figure(`draining ${few}, ${over}`, slow, undefined, '', floor.perSecond);
    report.figure(`draining ${many}, ${over}`, fast, Math.abs(ratio - 1) <= MOST_DIFFERENCE, target, floor.perSecond);
    const all = large.at(-1)?.seconds ?? 0;
    const first = Math.min(all, SECONDS);
    const whole = rateUntil(large, first);
    const wholeRatio = whole / slow;
    report.figure(
      `draining ${many}, the first ${first.toFixed(0)} s, messages/s`,
      whole,
      Math.abs(wholeRatio - 1) <= MOST_DIFFERENCE,
      `within ${MOST_DIFFERENCE * 100}% (${wholeRatio.toFixed(2)})`,
      floor.perSecond,
    );
    if (all >= WARM_S + 2 * AVERAGED_S) {
      report.memory(`draining ${many}: growth of the worker after ${WARM_S} s`, growth(large), MOST_GROWTH_MB);
    } else report.note(`backlog: ${all.toFixed(0)} s say nothing about the worker's memory`);
    report.size('most memory of Redis', Math.max(...[...small, ...large].map(({ redis }) => redis)), MOST_REDIS_MB);
  },
};

/** Fills a backlog and looks on while it is drained, for so many seconds at most. */
async function drainFirst(bench: Bench, messages: number, forS: number): Promise<Sample[]> {
  const platform = await bench.install();
  const api = await platform.start('api');
  await platform.subscribe(platform.appId);
  await platform.cli('delivery', 'hold', '--reason', 'bench');
  const begin = performance.now();
  await fillBacklog(platform, messages);
  bench.report.note(`backlog: ${messages} queued in ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  const worker = await platform.start('worker', { MEDIA_DELIVERY: 'upload' });
  const redis = new Redis(bench.redisUrl);
  await platform.cli('delivery', 'release', '--continue');
  try {
    return await watch(messages, forS, async () => ({
      taken: await accepted(platform),
      worker: worker.memory(),
      redis: await usedMemory(redis),
    }));
  } finally {
    redis.disconnect();
    await Promise.all([worker.stop(), api.stop()]);
  }
}

/** Samples from the first message on, for so many seconds or until there is no more work. */
async function watch(messages: number, forS: number, look: () => Promise<Omit<Sample, 'seconds'>>): Promise<Sample[]> {
  const released = performance.now();
  let first = await look();
  while (first.taken === 0) {
    if (performance.now() - released > FIRST_WITHIN_MS) throw new Error('nothing of the backlog was sent');
    await pause(20);
    first = await look();
  }
  const begin = performance.now();
  const samples: Sample[] = [{ ...first, seconds: 0 }];
  for (;;) {
    await pause(SAMPLE_MS);
    const seconds = (performance.now() - begin) / 1000;
    const now = await look();
    if (now.taken > messages * WORKED && samples.length > 1) return samples;
    samples.push({ ...now, seconds });
    if (seconds >= forS) return samples;
    if (seconds >= forS / 2 && now.taken === first.taken) throw new Error('the backlog does not move');
  }
}

/** Messages a second from the first sample to the last one until then. */
function rateUntil(samples: readonly Sample[], seconds: number): number {
  const last = samples.findLast((sample) => sample.seconds <= seconds);
  return ((last?.taken ?? 0) - (samples[0]?.taken ?? 0)) / (last?.seconds ?? NaN);
}

/** How much more memory the worker has at the end than when it was warm, bytes. */
function growth(samples: readonly Sample[]): number {
  const end = samples.at(-1)?.seconds ?? 0;
  const mean = (from: number): number => {
    const some = samples.filter(({ seconds }) => seconds >= from && seconds <= from + AVERAGED_S);
    return some.reduce((sum, { worker }) => sum + worker, 0) / some.length;
  };
  return mean(end - AVERAGED_S) - mean(WARM_S);
}

/** What the sandbox has accepted of the number. */
async function accepted({ sandboxUrl, phoneNumberId }: BenchInstallation): Promise<number> {
  const path = `/messages/counts?phone_number_id=${phoneNumberId}&summary=true`;
  return (await control<{ total: number }>(sandboxUrl, 'GET', path)).total;
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1] ?? NaN);
}
