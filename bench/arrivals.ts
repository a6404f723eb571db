import { control, type BenchInstallation } from './installation.js';

/** More than the sandbox keeps would be missing without a word. */
const KEPT = 120_000;

/**
 * When each send of the number reached the sandbox, ascending, milliseconds by its clock (monotonic). Those that it
 * refused for its limit count as well.
 */
export async function arrivals(platform: BenchInstallation): Promise<number[]> {
  const path = `/requests?phone_number_id=${platform.phoneNumberId}&method=POST&limit=${KEPT}`;
  const { data } = await control<{ data: { at: number; path: string }[] }>(platform.sandboxUrl, 'GET', path);
  if (data.length === KEPT) throw new Error('the sandbox does not keep as many requests');
  return data.flatMap(({ at, path: to }) => (to.endsWith('/messages') ? [at] : [])).sort((a, b) => a - b);
}

/** The most of `times` that fall into any stretch of `lengthMs`, of which one end is not part. */
export function mostWithin(times: readonly number[], lengthMs: number): number {
  let first = 0;
  let most = 0;
  times.forEach((time, index) => {
    while ((times[first] ?? time) <= time - lengthMs) first += 1;
    most = Math.max(most, index - first + 1);
  });
  return most;
}

/** The fewest that fall into any stretch of `lengthMs` between the first and the last; NaN when that is shorter. */
export function fewestWithin(times: readonly number[], lengthMs: number): number {
  const last = times.at(-1) ?? 0;
  let end = 0;
  let fewest = Infinity;
  // The fewest are in a stretch that begins just behind an arrival.
  times.forEach((time, index) => {
    if (time + lengthMs > last) return;
    while ((times[end] ?? Infinity) <= time + lengthMs) end += 1;
    fewest = Math.min(fewest, end - index - 1);
  });
  return fewest === Infinity ? NaN : fewest;
}
