import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from './plan.js';
import type { RunReport } from './run.js';

/** From here on the machine is worth a word: times that a run waits for may be too short on it. */
const STARVED_FROM = 0.1;

/** One line: seed, faults, counts, seconds, and how it ended. */
export function lineOf({ plan, findings, leftOut, counts, seconds, starved }: RunReport): string {
  const numbers = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  const end = findings.length === 0 ? 'ok' : `${findings.length} FINDINGS`;
  return [
    `seed ${plan.seed}`,
    faultsOf(plan),
    `policies ${plan.policies.join('/')}, ${plan.mediaDelivery}`,
    numbers.join(', '),
    ...leftOut,
    `${seconds.toFixed(1)} s${starved > STARVED_FROM ? `, machine overloaded (${Math.round(starved * 100)}%)` : ''}`,
    end,
  ].join(' | ');
}

/** The faults with their instants and lengths in seconds. */
export function faultsOf(plan: Plan): string {
  if (plan.faults.length === 0) return plan.scenario;
  return plan.faults
    .map(({ name, atMs, lastsMs, all }) => {
      const many = all && name.startsWith('kill-') && /api|worker/.test(name) ? ' (all)' : '';
      return `${name}${many} at ${(atMs / 1000).toFixed(2)} for ${(lastsMs / 1000).toFixed(2)}`;
    })
    .join(' + ');
}

/** Adds what was planned, found and witnessed to the logs of a run. */
export function writeEvidence(logs: string, report: RunReport): void {
  const { plan, findings, counts, testimonies } = report;
  writeFileSync(join(logs, 'findings.txt'), `${lineOf(report)}\n\n${findings.join('\n')}\n`);
  writeFileSync(join(logs, 'plan.json'), JSON.stringify({ ...plan, counts }, null, 1));
  for (const testimony of testimonies) {
    const requests = testimony.requests.map((request) => ({ ...request, body: undefined }));
    const taken = testimony.taken.map((message) => ({ ...message, body: undefined }));
    const text = JSON.stringify({ ...testimony, requests, taken }, null, 1);
    writeFileSync(join(logs, `tenant-${testimony.tenant + 1}.json`), text);
  }
}
