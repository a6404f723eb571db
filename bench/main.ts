import { parseArgs } from 'node:util';
import { Bench, type Figure } from './bench.js';
import { accept } from './figures/accept.js';
import { backlog } from './figures/backlog.js';
import { contacts } from './figures/contacts.js';
import { importing } from './figures/import.js';
import { limit } from './figures/limit.js';
import { lists } from './figures/lists.js';
import { neighbour } from './figures/neighbour.js';
import { statuses } from './figures/statuses.js';
import { text } from './figures/text.js';
import { webhooks } from './figures/webhooks.js';
import { whole } from './figures/whole.js';
import { Report } from './report.js';

/**
 * `npm run bench [-- --only NAME[,NAME]] [--list] [--scale 0.01]`: what the platform's promises about load come to,
 * each beside a bare Nest handler taken in the same run on the same machine. Figures of different machines or runs do
 * not compare.
 */
const FIGURES: readonly Figure[] = [
  accept,
  backlog,
  contacts,
  importing,
  limit,
  lists,
  neighbour,
  statuses,
  text,
  webhooks,
  whole,
];

const { values } = parseArgs({
  options: { only: { type: 'string' }, list: { type: 'boolean' }, scale: { type: 'string', default: '1' } },
});
if (values.list) {
  for (const { name, what } of FIGURES) console.log(`${name.padEnd(10)} ${what}`);
} else {
  process.exitCode = (await run(chosen(values.only), Number(values.scale))) ? 0 : 1;
}

function chosen(only: string | undefined): readonly Figure[] {
  const names = only?.split(',');
  const unknown = names?.filter((name) => !FIGURES.some((figure) => figure.name === name)) ?? [];
  if (unknown.length > 0) throw new Error(`no figure is called ${unknown.join(', ')}; --list shows them`);
  return FIGURES.filter(({ name }) => names === undefined || names.includes(name));
}

/** Answers whether every target was met. */
async function run(figures: readonly Figure[], scale: number): Promise<boolean> {
  const { BENCH_DATABASE_URL = '', BENCH_REDIS_URL = '' } = process.env;
  if (!BENCH_DATABASE_URL || !BENCH_REDIS_URL) throw new Error('run the bench by "npm run bench"');
  if (!(scale > 0 && scale <= 1)) throw new Error('--scale must be above 0 and at most 1');
  const report = new Report();
  const bench = new Bench(report, BENCH_REDIS_URL, scale, BENCH_DATABASE_URL);
  try {
    for (const figure of figures) {
      try {
        await figure.run(bench);
      } finally {
        await bench.endFigure();
      }
    }
  } finally {
    bench.remove();
  }
  report.print();
  return !report.missed;
}
