import type { Child } from './child.js';
import { load, type LoadRequest, type LoadResult, merge } from './load.js';

/** Many short rounds: what else happens on the machine meets all. */
const ROUNDS = 10;
const SECONDS = 2;
const WARM_UP_S = 5;

/** What one server came to under its share of alternating rounds. */
export interface Served {
  result: LoadResult;
  /** Processor time of the server, which says more than the throughput when others use the machine, too. */
  cpuMs: number;
}

type Circumstances = (round: () => Promise<LoadResult>) => Promise<LoadResult>;

const asItIs: Circumstances = (round) => round();

/** A server, what it is asked, and what its rounds are set up by. */
export interface Target {
  request: LoadRequest;
  server: Child;
  /** Runs a round under other circumstances; the time that they take to change is not measured. */
  within?: Circumstances;
}

/**
 * Loads several servers in turns, each warmed up before; answers what each came to, in the order given. Figures that
 * are compared come from the same minutes of the same machine.
 */
export async function alternate(targets: Target[], connections: number): Promise<Served[]> {
  const rounds = targets.map((): LoadResult[] => []);
  const seconds = targets.map(() => 0);
  for (const { request } of targets) await load(request, connections, WARM_UP_S);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { request, server, within = asItIs }] of targets.entries()) {
      const result = await within(async () => {
        const before = server.cpuSeconds();
        const loaded = await load(request, connections, SECONDS);
        seconds[index] = (seconds[index] ?? 0) + server.cpuSeconds() - before;
        return loaded;
      });
      rounds[index]?.push(result);
    }
  }
  return rounds.map((ofTarget, index) => {
    const result = merge(ofTarget);
    return { result, cpuMs: ((seconds[index] ?? NaN) * 1000) / result.requests };
  });
}
