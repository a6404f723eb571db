import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { listFaults, readArguments, USAGE, UsageError, type ChaosArguments } from './arguments.js';
import type { ChaosLab } from './lab.js';
import { planOf } from './plan.js';
import { lineOf, writeEvidence } from './report.js';
import { runChaos } from './run.js';
import { type ChaosTemplate, makeTemplate } from './template.js';

/**
 * `npm run chaos`: the platform as real processes, hurt at random instants, with the sandbox as witness. The launcher
 * (dev/chaos.mjs) names in the environment CHAOS_FOLDER, gone afterwards, and CHAOS_FINDINGS, which stays.
 */
const { CHAOS_FOLDER, CHAOS_FINDINGS } = process.env;

let running: ChaosLab | undefined;
let interrupted = false;

/** The launcher ends what is left; but a frozen Postgres hears nothing, and its processes are no group of ours. */
function interrupt(): void {
  if (interrupted) return;
  interrupted = true;
  void (running?.end() ?? Promise.resolve()).finally(() => process.exit(130));
}

async function main(): Promise<number> {
  let options: ChaosArguments;
  try {
    options = readArguments(process.argv.slice(2), Date.now);
    // Names a wrong scenario before anything is started.
    planOf(options.seed, options.scenario);
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof RangeError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (!CHAOS_FOLDER || !CHAOS_FINDINGS) throw new Error('run this by "npm run chaos"');
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt).on('SIGHUP', interrupt);
  const template = await makeTemplate(join(CHAOS_FOLDER, 'template'));
  let withFindings = 0;
  let done = 0;
  for (; done < options.runs && (withFindings === 0 || options.keepGoing); done += 1) {
    const wrong = await runOne(options, options.seed + done, template, CHAOS_FOLDER, CHAOS_FINDINGS);
    if (wrong) withFindings += 1;
  }
  console.log(
    `${done} runs, seeds ${options.seed} to ${options.seed + done - 1}: ` +
      (withFindings === 0 ? 'no finding' : `${withFindings} with findings`),
  );
  return withFindings === 0 ? 0 : 1;
}

/** One run, with its line. Answers whether something is wrong. */
async function runOne(
  { scenario }: ChaosArguments,
  seed: number,
  template: ChaosTemplate,
  scratch: string,
  kept: string,
): Promise<boolean> {
  const plan = planOf(seed, scenario);
  const folder = join(scratch, `run-${seed}`);
  const began = performance.now();
  const keep = (): string => {
    const place = join(kept, `seed-${seed}-${plan.scenario}`);
    mkdirSync(place, { recursive: true });
    cpSync(join(folder, 'logs'), place, { recursive: true });
    return place;
  };
  try {
    const report = await runChaos(plan, template, folder, (lab) => (running = lab));
    console.log(lineOf(report));
    if (report.findings.length === 0) return false;
    writeEvidence(join(folder, 'logs'), report);
    for (const finding of report.findings.slice(0, 12)) console.log(`    ${finding}`);
    if (report.findings.length > 12) console.log(`    … and ${report.findings.length - 12} more`);
    console.log(`    logs: ${keep()}`);
    return true;
  } catch (error) {
    if (interrupted) return true;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`seed ${seed} | ${plan.scenario} | ${seconds} s | THE RUN BROKE OFF`);
    console.log(error instanceof Error ? error.stack : String(error));
    console.log(`    logs: ${keep()}`);
    return true;
  } finally {
    running = undefined;
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv.includes('--list')) {
  console.log(listFaults());
} else if (process.argv.includes('--help') || process.argv.includes('-h')) {
  console.log(USAGE);
} else {
  process.exitCode = await main();
}
