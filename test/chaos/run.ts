import { setTimeout as pause } from 'node:timers/promises';
import { type LoopStall, LoopStalls } from '../../sandbox/record/loop-stalls.js';
import { judgeAnswers } from './checks/answers.js';
import { judgeLeftovers } from './checks/leftovers.js';
import { judgeOrder } from './checks/order.js';
import { judgeOutcomes } from './checks/outcomes.js';
import { judgePairs, judgeRates } from './checks/rates.js';
import { judgeWebhooks } from './checks/webhooks.js';
import { faultNamed } from './faults.js';
import { ChaosLab } from './lab.js';
import { sendAll, type Sent, writeIn } from './load.js';
import { type Plan, TENANTS } from './plan.js';
import { settle } from './settle.js';
import type { ChaosTemplate } from './template.js';
import { testimonyOf, type Testimony, wasUnknown } from './witness.js';

/** What a run came to. */
export interface RunReport {
  plan: Plan;
  /** What is wrong; none: the run was well. */
  findings: string[];
  /** Faults that could not strike on this machine. */
  leftOut: string[];
  counts: Record<string, number>;
  seconds: number;
  /** Share of the time in which this process itself was kept waiting, 0 to 1: how starved the machine was. */
  starved: number;
  /** What was seen, for a look at a finding; absent when the run did not get so far. */
  testimonies: Testimony[];
}

/** Does what the plan says in `folder` (made here; its `logs` stay), and judges what became of it. */
export async function runChaos(
  plan: Plan,
  template: ChaosTemplate,
  folder: string,
  onStart: (lab: ChaosLab) => void = () => undefined,
): Promise<RunReport> {
  const began = performance.now();
  // The proxies stand in this process: what it lets wait, arrives late.
  const stalls = new LoopStalls();
  const lab = await ChaosLab.start(plan, template, folder);
  onStart(lab);
  try {
    const leftOut = plan.faults.flatMap((fault) => lab.leftOut(fault) ?? []);
    const sent = await hurt(lab);
    const findings = await settle(lab);
    const testimonies = await Promise.all(TENANTS.map(({ rate }, tenant) => testimonyOf(lab, tenant, rate, sent)));
    findings.push(...(await judge(lab, testimonies, stalls.list())));
    findings.push(...(await lab.stopPlatform()));
    const ms = performance.now() - began;
    const starved = stalls.list().reduce((sum, { from, until }) => sum + until - from, 0) / ms;
    return { plan, findings, leftOut, counts: countsOf(sent, testimonies), seconds: ms / 1000, starved, testimonies };
  } finally {
    stalls.stop();
    await lab.end();
  }
}

/** The load with the faults in it; resolves when all calls are answered and everything is back. */
async function hurt(lab: ChaosLab): Promise<Sent[]> {
  const begun = performance.now();
  const strikes = lab.plan.faults.map(async (fault) => {
    if (lab.leftOut(fault) !== undefined) return;
    await pause(fault.atMs);
    await faultNamed(fault.name).strike(lab, fault);
  });
  const work = [sendAll(lab, begun), writeIn(lab, begun), ...strikes] as const;
  // Whichever fails, the others come to their end before the lab does.
  await Promise.allSettled(work);
  await Promise.all(work);
  return work[0];
}

async function judge(lab: ChaosLab, testimonies: Testimony[], ownStalls: LoopStall[]): Promise<string[]> {
  const { data } = await lab.control.call<{ data: LoopStall[] }>('GET', '/stalls');
  const stalls = lab.proxies.sandbox ? [...data, ...ownStalls] : data;
  const findings: string[] = [];
  for (const testimony of testimonies) {
    findings.push(
      ...judgeAnswers(lab.plan, testimony),
      ...judgeOutcomes(testimony),
      ...judgeOrder(testimony),
      ...judgeRates(testimony, stalls),
      ...judgePairs(testimony, stalls),
      ...(await judgeWebhooks(lab, testimony)),
    );
  }
  return [...findings, ...(await judgeLeftovers(lab))];
}

function countsOf(sent: Sent[], testimonies: Testimony[]): Record<string, number> {
  const stored = testimonies.flatMap((testimony) => testimony.stored);
  const taken = testimonies.flatMap((testimony) => testimony.taken);
  return {
    calls: sent.length,
    accepted: sent.filter(({ id }) => id !== undefined).length,
    stored: stored.length,
    taken: taken.length,
    unknown: stored.filter(wasUnknown).length,
    failed: stored.filter(({ status }) => status === 'failed').length,
    statuses: taken.flatMap(({ statuses }) => statuses.filter(({ delivered_at }) => delivered_at !== null)).length,
    inbound: testimonies.flatMap(({ inbound }) => inbound).length,
  };
}
