import { FAULTS } from './faults.js';

export interface ChaosArguments {
  runs: number;
  /** Of the first run; the next ones count up from it. */
  seed: number;
  /** Instead of the one that the seed draws. */
  scenario?: string;
  /** Go on after a run with a finding. */
  keepGoing: boolean;
  list: boolean;
  help: boolean;
}

/** A command line that cannot be read; the message says why. */
export class UsageError extends Error {}

const LARGEST_SEED = 2 ** 32 - 1;

export const USAGE = `npm run chaos -- [options]

  --runs N          how many runs (1)
  --seed S          seed of the first run; run n has seed S + n. Default: drawn from the clock, and printed
  --scenario NAME   one fault, two joined by +, or calm; instead of what each seed draws
  --keep-going      go on after a run with a finding
  --list            name all faults

The seed decides faults, instants and load: --seed S --runs 1 repeats the plan of the run with seed S.
Status: 0 no finding, 1 a finding, 2 wrong arguments.`;

/** @throws UsageError */
export function readArguments(args: readonly string[], clock: () => number): ChaosArguments {
  const read: ChaosArguments = {
    runs: 1,
    seed: Math.floor(clock()) % LARGEST_SEED,
    keepGoing: false,
    list: false,
    help: false,
  };
  for (let index = 0; index < args.length; index += 1) {
    const [name = '', attached] = (args[index] ?? '').split(/=(.*)/s);
    const value = (): string => {
      const given = attached ?? args[(index += 1)];
      if (given === undefined || given === '') throw new UsageError(`${name} needs a value`);
      return given;
    };
    if (name === '--runs') read.runs = wholeNumber(name, value(), 1, 1_000_000);
    else if (name === '--seed') read.seed = wholeNumber(name, value(), 0, LARGEST_SEED);
    else if (name === '--scenario') read.scenario = value();
    else if (name === '--keep-going') read.keepGoing = true;
    else if (name === '--list') read.list = true;
    else if (name === '--help' || name === '-h') read.help = true;
    else throw new UsageError(`${args[index] ?? ''} is not known`);
  }
  return read;
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new UsageError(`${name} must be a whole number from ${least} to ${most}`);
  }
  return value;
}

/** All faults with what they do, one a line. */
export function listFaults(): string {
  const names = Object.entries(FAULTS).map(([name, { description }]) => `  ${name.padEnd(18)}${description}`);
  return ['A scenario is one of these, or two joined by +; calm is none.', ...names].join('\n');
}
