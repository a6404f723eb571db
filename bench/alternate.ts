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

/**
 * Loads several servers in turns, each warmed up before; answers what each came to, in the order given. Figures that
 * are compared come from the same minutes of the same machine.
 */
export async function alternate(
  targets: { request: LoadRequest; server: Child }[],
  connections: number,
): Promise<Served[]> {
  const rounds = targets.map((): LoadResult[] => []);
  const seconds = targets.map(() => 0);
  for (const { request } of targets) await load(request, connections, WARM_UP_S);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { request, server }] of targets.entries()) {
      const before = server.cpuSeconds();
      rounds[index]?.push(await load(request, connections, SECONDS));
      seconds[index] = (seconds[index] ?? 0) + server.cpuSeconds() - before;
    }
  }
  return rounds.map((ofTarget, index) => {
    const result = merge(ofTarget);
    return { result, cpuMs: ((seconds[index] ?? NaN) * 1000) / result.requests };
  });
}
