import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** What one load came to. Times in milliseconds. */
export interface LoadResult {
  perSecond: number;
  p50: number;
  p99: number;
  requests: number;
  failures: Record<string, number>;
}

/** One request of a load: where to, and its bytes, made anew each time. */
export interface LoadRequest {
  url: string;
  headers: Record<string, string>;
  body: () => Buffer;
}

/**
 * Sends requests over keep-alive connections for `seconds`, `connections` at once, and measures each from its first
 * byte to the end of its answer. Anything but a 200 counts as a failure.
 * @param perSecond requests begin in even steps; one that cannot begin in time is measured from when it should have
 */
export async function load(
  target: LoadRequest,
  connections: number,
  seconds: number,
  limit = Infinity,
  perSecond = Infinity,
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  const failures: Record<string, number> = {};
  const begun = performance.now();
  const end = begun + seconds * 1000;
  let started = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < end && started < limit) {
      const due = begun + (started * 1000) / perSecond;
      started += 1;
      if (due > performance.now()) await pause(due - performance.now());
      const from = perSecond === Infinity ? performance.now() : due;
      const outcome = await send(agent, target);
      times.push(performance.now() - from);
      if (outcome !== '200') failures[outcome] = (failures[outcome] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const elapsed = (performance.now() - begun) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { perSecond: times.length / elapsed, p50: at(0.5), p99: at(0.99), requests: times.length, failures };
}

function send(agent: Agent, target: LoadRequest): Promise<string> {
  return new Promise((resolve) => {
    const body = target.body();
    const call = request(
      target.url,
      { agent, method: 'POST', headers: { ...target.headers, 'content-length': body.length } },
      (response) => {
        response.resume();
        response.on('end', () => resolve(String(response.statusCode)));
        response.on('error', (error) => resolve(error.message));
      },
    );
    call.on('error', (error) => resolve(error.message));
    call.end(body);
  });
}

/** Merges rounds of one load: throughput by total, times by the mean of the rounds. */
export function merge(rounds: LoadResult[]): LoadResult {
  const mean = (pick: (round: LoadResult) => number): number =>
    rounds.reduce((sum, round) => sum + pick(round), 0) / rounds.length;
  const failures: Record<string, number> = {};
  for (const round of rounds) {
    for (const [name, count] of Object.entries(round.failures)) failures[name] = (failures[name] ?? 0) + count;
  }
  return {
    perSecond: mean((round) => round.perSecond),
    p50: mean((round) => round.p50),
    p99: mean((round) => round.p99),
    requests: rounds.reduce((sum, round) => sum + round.requests, 0),
    failures,
  };
}
