import type { Bench, Figure } from '../bench.js';
import { arrivals, fewestWithin, mostWithin } from '../arrivals.js';
import { drain } from '../drain.js';
import { fillBacklog } from '../fill.js';

const RATE = 80;
const MESSAGES = RATE * 60;
const AVERAGED_S = 10;
const LEAST = 74;
/** At its begin a worker runs code that was never run, and hands the picture over. */
const WARM_MS = 5000;
/** With less than this left there is no backlog any more: the last ones wait for nobody but themselves. */
const LEFT = RATE * 2;

/** A limited number under backlog: never above its limit, and close below it. */
export const limit: Figure = {
  name: 'limit',
  what: 'a number of 80/s under backlog, with one worker process and with three',
  async run(bench) {
    const floor = await bench.floor();
    for (const workers of [1, 3]) await withWorkers(bench, workers, floor.perSecond);
  },
};

async function withWorkers(bench: Bench, count: number, floorPerSecond: number): Promise<void> {
  const platform = await bench.install(RATE);
  const api = await platform.start('api');
  await platform.subscribe(platform.appId);
  // Held until every worker is ready: what is measured is sending, not starting.
  await platform.cli('delivery', 'hold', '--reason', 'bench');
  await fillBacklog(platform, bench.scaled(MESSAGES));
  const workers = await Promise.all(
    Array.from({ length: count }, () => platform.start('worker', { MEDIA_DELIVERY: 'upload' })),
  );
  await platform.cli('delivery', 'release', '--continue');
  await drain(platform, { until: 'idle' });
  await Promise.all([api, ...workers].map((child) => child.stop()));
  const times = await arrivals(platform);
  const what = `a number of ${RATE}/s, ${count} worker${count === 1 ? '' : 's'}`;
  const most = mostWithin(times, 1000);
  const fewest = fewestWithin(underBacklog(times), AVERAGED_S * 1000) / AVERAGED_S;
  bench.report.figure(`${what}: most in a sliding second`, most, most <= RATE, `<= ${RATE}`, floorPerSecond);
  bench.report.figure(
    `${what}: least average of ${AVERAGED_S} s`,
    fewest,
    fewest >= LEAST,
    `>= ${LEAST}/s`,
    floorPerSecond,
  );
}

/** Without the begin and the end. */
function underBacklog(times: readonly number[]): readonly number[] {
  const begin = (times[0] ?? 0) + WARM_MS;
  return times.slice(0, -LEFT).filter((time) => time >= begin);
}
